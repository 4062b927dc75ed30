package signcmd

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/trust"
)

func NewCert(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "cert",
		Short: text{JA: "電子証明書の内容を見る、取り出す、確かめる", EN: "look at certificates, take them out, check them"},
		Long: text{
			JA: "証明書の種類(KIND):\n  sign     署名用電子証明書(署名用パスワードが必要)\n  auth     利用者証明用電子証明書\n  sign-ca  署名用認証局の証明書\n  auth-ca  利用者証明用認証局の証明書",
			EN: "Kinds of certificates (KIND):\n  sign     digital-signature certificate (needs the signing password)\n  auth     user-authentication certificate\n  sign-ca  CA certificate for digital signature\n  auth-ca  CA certificate for user authentication",
		},
	})
	cmd.AddCommand(newCertShow(a), newCertExport(a), newCertCheck(a))
	return cmd
}

func newCertShow(a *command.App) *cobra.Command {
	var opt unlock.Options
	personal := false
	cmd := a.New(command.Spec{
		Use:   "show [KIND|FILE]",
		Short: text{JA: "証明書の内容を見る", EN: "see what a certificate says"},
		Long: text{
			JA: "カードの証明書か、ファイルの証明書(PEM、DER。「-」は標準入力)の内容を表示します。KINDを省くと auth です。\n氏名、住所、生年月日、性別は --personal を付けたときだけ表示します。",
			EN: "Shows a certificate of the card, or one in a file (PEM or DER; - is standard input). KIND is auth unless given.\nName, address, date of birth and sex are shown only with --personal.",
		},
		Examples: []command.Example{
			{Line: "jpki cert show auth", About: text{JA: "利用者証明用電子証明書を見る", EN: "the user-authentication certificate"}},
			{Line: "jpki cert show sign --personal", About: text{JA: "署名用電子証明書を氏名や住所も含めて見る", EN: "the digital-signature certificate, personal data included"}},
		},
		Files: true,
		Args:  a.ArgCount(0, 1, text{JA: "引数は1つまでです。", EN: "One argument at the most."}),
		Run: func(ctx context.Context, args []string) error {
			return runCertShow(ctx, a, &opt, kindArgument(args), personal)
		},
	})
	a.AddUnlockFlags(cmd, &opt)
	a.AddCardCAFlag(cmd)
	a.AddRememberFlag(cmd)
	cmd.Flags().BoolVar(&personal, "personal", false, a.IO.Text(text{JA: "氏名、住所、生年月日、性別も表示する", EN: "show name, address, date of birth and sex too"}))
	return cmd
}

func newCertExport(a *command.App) *cobra.Command {
	var opt unlock.Options
	var out, format string
	force := false
	cmd := a.New(command.Spec{
		Use:   "export [KIND]",
		Short: text{JA: "証明書をPEMかDERで取り出す", EN: "take a certificate out as PEM or DER"},
		Long: text{
			JA: "カードの証明書を標準出力か -o のファイルに書き出します。KINDを省くと auth です。\n署名用電子証明書には氏名、住所、生年月日、性別が入っています。取り扱いに注意してください。",
			EN: "Writes a certificate of the card to standard output, or to the file of -o. KIND is auth unless given.\nThe digital-signature certificate holds name, address, date of birth and sex: mind where it goes.",
		},
		Examples: []command.Example{
			{Line: "jpki cert export auth > auth.pem", About: text{JA: "PEMで取り出す", EN: "as PEM"}},
			{Line: "jpki cert export sign --format der -o sign.cer", About: text{JA: "DERでファイルに保存する", EN: "as DER into a file"}},
		},
		Args: a.ArgCount(0, 1, text{JA: "引数は1つまでです。", EN: "One argument at the most."}),
		Run: func(ctx context.Context, args []string) error {
			return runCertExport(ctx, a, &opt, kindArgument(args), format, out, force)
		},
	})
	a.AddUnlockFlags(cmd, &opt)
	a.AddCardCAFlag(cmd)
	a.AddRememberFlag(cmd)
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", a.IO.Text(text{JA: "`FILE`に保存する(- は標準出力)", EN: "write to `FILE` (- is standard output)"}))
	f.StringVar(&format, "format", "", a.IO.Text(text{JA: "形式: `FORMAT` は pem(省略時)か der", EN: "`FORMAT` is pem (the default) or der"}))
	f.BoolVar(&force, "force", false, a.IO.Text(text{JA: "同じ名前のファイルを上書きする", EN: "replace a file of the same name"}))
	return cmd
}

func kindArgument(args []string) string {
	if len(args) == 0 {
		return jpki.KindAuth.String()
	}
	return args[0]
}

func kindNamed(name string) (jpki.Kind, bool) {
	for _, k := range jpki.Kinds() {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

func unknownKind(name string) error {
	return problem.Misuse(text{JA: "「%s」という種類の証明書はありません。", EN: "There is no kind of certificate %q."}.With(name)).
		WithNext(text{JA: "sign、auth、sign-ca、auth-ca のどれかです。", EN: "It is sign, auth, sign-ca or auth-ca."})
}

// cardCertificate reads a certificate of the card: freely where the card allows
// that, else in a PIN session. A PIN that was given for a free certificate of a
// card is not sent.
func cardCertificate(ctx context.Context, a *command.App, opt *unlock.Options, kind jpki.Kind) (*x509.Certificate, error) {
	return cardCertificateAnd(ctx, a, opt, kind, nil)
}

// cardCertificateAnd lets also, if it is not nil, read more of the same card.
func cardCertificateAnd(ctx context.Context, a *command.App, opt *unlock.Options, kind jpki.Kind, also func(*jpki.App) error) (*x509.Certificate, error) {
	if kind == jpki.KindSign {
		sign, err := unlock.Certificate(ctx, a.Cards, opt, kind, also)
		a.Seen().Remember(ctx, nil, sign)
		return sign, err
	}
	c, err := a.Cards.Certificate(ctx, kind, also)
	if errors.Is(err, jpki.ErrNeedsPIN) {
		return unlock.Certificate(ctx, a.Cards, opt, kind, also)
	}
	return c, err
}

// shownCertificate is cardCertificate for a person who looks at it: with the
// kind of token that has it. With the signing certificate the authentication
// certificate is read: it identifies the card that the other is remembered for.
func shownCertificate(ctx context.Context, a *command.App, opt *unlock.Options, kind jpki.Kind) (c *x509.Certificate, token jpki.TokenKind, err error) {
	var auth *x509.Certificate
	c, err = cardCertificateAnd(ctx, a, opt, kind, func(app *jpki.App) (err error) {
		if token, err = app.TokenKind(); err != nil || kind != jpki.KindSign {
			return err
		}
		if auth, err = app.Certificate(jpki.KindAuth); !cards.Fatal(err) {
			err = nil // the caller asked for the other certificate
		}
		return err
	})
	if err == nil && auth != nil {
		a.Seen().Remember(ctx, auth, c)
	}
	return c, token, err
}

func runCertExport(ctx context.Context, a *command.App, opt *unlock.Options, name, format, out string, force bool) error {
	kind, ok := kindNamed(name)
	if !ok {
		return unknownKind(name)
	}
	if format != "" && format != "pem" && format != "der" {
		return problem.Misuse(text{JA: "--format は pem か der です。", EN: "--format is pem or der."})
	}
	if a.JSON {
		return problem.Misuse(text{JA: "cert export に --json はありません。", EN: "cert export has no --json."}).
			WithNext(text{JA: "内容をJSONで見るには jpki cert show --json。", EN: "For its content as JSON: jpki cert show --json."})
	}
	if err := a.ReadCardCAs(ctx); err != nil {
		return err
	}
	target, err := a.OpenTarget(ctx, out, force, format == "der")
	if err != nil {
		return err
	}
	defer target.Abort()
	c, err := cardCertificate(ctx, a, opt, kind)
	if err != nil {
		return err
	}
	data := c.Raw
	if format != "der" {
		data = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	if _, err := target.Write(data); err != nil {
		return err
	}
	if err := target.Commit(); err != nil {
		return err
	}
	if command.IsFileName(out) {
		a.IO.Note(text{JA: "「%s」に保存しました。", EN: "Saved as %s."}.With(out))
	}
	return nil
}

func runCertShow(ctx context.Context, a *command.App, opt *unlock.Options, name string, personal bool) error {
	var c *x509.Certificate
	var token jpki.TokenKind
	var err error
	_, notThere := os.Stat(name)
	if err := a.ReadCardCAs(ctx); err != nil {
		return err
	}
	switch kind, ok := kindNamed(name); {
	case ok:
		c, token, err = shownCertificate(ctx, a, opt, kind)
	case name == "-":
		c, err = input.Certificate(input.Stdin(ctx, a.IO), a.IO.Text(text{JA: "標準入力", EN: "standard input"}))
	case notThere != nil && !strings.ContainsAny(name, `./\`):
		return unknownKind(name)
	default:
		c, err = input.CertificateFile(ctx, name)
	}
	if err != nil {
		return err
	}
	d := inspect.Describe(c, token, a.Env.Now())
	d.Recognize(a.TrustedCAs(ctx))
	if a.JSON {
		return a.IO.JSON(descriptionDocument(d, personal))
	}
	fmt.Fprint(a.IO.Out, a.IO.Rows(0, descriptionRows(a.IO, d, personal)))
	return nil
}

func descriptionRows(o *ui.IO, d inspect.Description, personal bool) [][]string {
	v := cert.ValidityOf(d.Cert)
	kind := terms.Capital(terms.KindNames[d.Kind])
	if d.Demo {
		kind = text{JA: "%s(デモ)", EN: "%s (DEMO)"}.With(kind)
	}
	var rows [][]string
	add := func(label text, value string) {
		if value != "" {
			rows = append(rows, []string{o.Text(label), value})
		}
	}
	add(text{JA: "種類", EN: "Kind"}, o.Text(kind))
	add(text{JA: "状態", EN: "State"}, o.Text(inspect.StateNames[d.State]))
	add(text{JA: "有効期間の開始", EN: "Valid from"}, o.Text(terms.LastDay(cert.DateOf(v.NotBefore))))
	add(text{JA: "有効期間満了日", EN: "Last day"}, o.Text(text{JA: "%s  %s", EN: "%s  (%s)"}.With(terms.LastDay(v.LastDay()), terms.Days(d.DaysLeft))))
	if d.Kind == cert.Sign && d.State != inspect.Expired {
		add(terms.LapseRow.Label, o.Text(terms.LapseRow.Value))
	}
	if d.Renewable() {
		add(text{JA: "更新できる日", EN: "Renewal opens"}, o.Text(terms.Date(v.RenewalOpens())))
	}
	if d.Holder != nil {
		if personal {
			rows = append(rows, holderRows(o, *d.Holder)...)
		} else {
			add(text{JA: "氏名など", EN: "Name etc."}, o.Text(text{JA: "表示していません(--personal で表示)", EN: "not shown (--personal shows them)"}))
		}
	}
	add(text{JA: "識別名", EN: "Subject"}, cert.Name(d.Cert.RawSubject))
	add(text{JA: "発行者", EN: "Issuer"}, cert.Name(d.Cert.RawIssuer))
	if d.Kind.IsCA() {
		standing := o.Text(terms.Standings[d.CA.Standing])
		if d.CA.Pin.ID != "" {
			standing = d.CA.Pin.ID + "  " + standing
		}
		add(text{JA: "認証局", EN: "CA"}, standing)
	} else if d.Issuer.ID != "" {
		generation := d.Issuer.ID
		if s := d.Issuer.Standing; s == trust.Added || s == trust.Given {
			generation += "  " + o.Text(terms.Standings[s])
		}
		add(text{JA: "認証局の世代", EN: "CA generation"}, generation)
	} else if d.Renewable() {
		add(text{JA: "認証局の世代", EN: "CA generation"}, o.Text(terms.Standings[trust.Unknown]))
	}
	add(text{JA: "シリアル番号", EN: "Serial"}, cert.Serial(d.Cert.SerialNumber))
	add(text{JA: "鍵", EN: "Key"}, inspect.KeyText(d.Cert))
	add(text{JA: "鍵の用途", EN: "Key usage"}, strings.Join(inspect.KeyUsages(d.Cert), ", "))
	add(text{JA: "ポリシー", EN: "Policy"}, strings.Join(inspect.Policies(d.Cert), ", "))
	add(text{JA: "SHA-256", EN: "SHA-256"}, cert.FingerprintOf(d.Cert).String())
	add(text{JA: "SHA-1", EN: "SHA-1"}, fmt.Sprintf("%X", sha1.Sum(d.Cert.Raw))) // Windows calls it the thumbprint
	return rows
}

func holderRows(o *ui.IO, h cert.Holder) [][]string {
	sex := h.Sex.String()
	switch h.Sex {
	case cert.Male:
		sex = o.Text(text{JA: "男", EN: "male"})
	case cert.Female:
		sex = o.Text(text{JA: "女", EN: "female"})
	}
	birth := text{JA: h.Birth.Wareki(), EN: h.Birth.String()}
	rows := [][]string{
		{o.Text(text{JA: "氏名", EN: "Name"}), h.Name.String() + substitutes(o, h.NameSubstitutes)},
		{o.Text(text{JA: "生年月日", EN: "Date of birth"}), o.Text(birth)},
		{o.Text(text{JA: "性別", EN: "Sex"}), sex},
		{o.Text(text{JA: "住所", EN: "Address"}), h.Address.String() + substitutes(o, h.AddressSubstitutes)},
	}
	for _, other := range h.Others {
		rows = append(rows, []string{other.ID.String(), other.Text.String()})
	}
	return rows
}

// substitutes lists the characters of a name that replace others.
func substitutes(o *ui.IO, positions []int) string {
	if len(positions) == 0 {
		return ""
	}
	var n []string
	for _, p := range positions {
		n = append(n, fmt.Sprint(p+1))
	}
	return o.Text(text{JA: "(代替文字: %s文字目)", EN: "  (substitute characters: no. %s)"}.With(strings.Join(n, ", ")))
}

// showJSON is jpki.certificate/v1.
type showJSON struct {
	Schema       string        `json:"schema"`
	Kind         string        `json:"kind"`
	Demo         bool          `json:"demo"`
	State        inspect.State `json:"state"`
	NotBefore    string        `json:"not_before"`
	NotAfter     string        `json:"not_after"`
	LastDay      string        `json:"last_day"`
	DaysLeft     int           `json:"days_left"`
	RenewalOpens *string       `json:"renewal_opens"`
	Subject      string        `json:"subject"`
	Issuer       string        `json:"issuer"`
	CA           *string       `json:"ca"`
	Serial       string        `json:"serial"`
	Key          string        `json:"key"`
	KeyUsage     []string      `json:"key_usage"`
	Policies     []string      `json:"policies"`
	SHA256       string        `json:"sha256"`
	SHA1         string        `json:"sha1"`
	Holder       *holderJSON   `json:"holder"`
}

// holderJSON is there only with --personal.
type holderJSON struct {
	Name               string            `json:"name"`
	NameSubstitutes    []int             `json:"name_substitutes"`
	Birth              string            `json:"birth"`
	Sex                string            `json:"sex"`
	Address            string            `json:"address"`
	AddressSubstitutes []int             `json:"address_substitutes"`
	Others             map[string]string `json:"others"`
}

func descriptionDocument(d inspect.Description, personal bool) showJSON {
	v := cert.ValidityOf(d.Cert)
	doc := showJSON{
		Schema: "jpki.certificate/v1", Kind: d.Kind.String(), Demo: d.Demo, State: d.State,
		NotBefore: command.RFC3339(v.NotBefore), NotAfter: command.RFC3339(v.NotAfter), LastDay: v.LastDay().String(), DaysLeft: d.DaysLeft,
		Subject: cert.Name(d.Cert.RawSubject), Issuer: cert.Name(d.Cert.RawIssuer),
		Serial: cert.Serial(d.Cert.SerialNumber), Key: inspect.KeyText(d.Cert),
		KeyUsage: command.NonNil(inspect.KeyUsages(d.Cert)), Policies: command.NonNil(inspect.Policies(d.Cert)), SHA256: cert.FingerprintOf(d.Cert).String(),
		SHA1: fmt.Sprintf("%X", sha1.Sum(d.Cert.Raw)),
	}
	if d.Renewable() {
		opens := v.RenewalOpens().String()
		doc.RenewalOpens = &opens
	}
	if id := d.CA.Pin.ID; id != "" {
		doc.CA = &id
	} else if d.Issuer.ID != "" {
		doc.CA = &d.Issuer.ID
	}
	if personal && d.Holder != nil {
		doc.Holder = holderDocument(*d.Holder)
	}
	return doc
}

func holderDocument(h cert.Holder) *holderJSON {
	doc := &holderJSON{
		Name: string(h.Name), NameSubstitutes: command.NonNil(h.NameSubstitutes), Birth: h.Birth.String(), Sex: h.Sex.String(),
		Address: string(h.Address), AddressSubstitutes: command.NonNil(h.AddressSubstitutes), Others: map[string]string{},
	}
	for _, o := range h.Others {
		doc.Others[o.ID.String()] = string(o.Text)
	}
	return doc
}
