// Package signcmd has the commands about signatures and certificates: sign,
// verify, cert and ca.
package signcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

func NewCA(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "ca",
		Short: text{JA: "信頼する認証局の一覧と追加", EN: "list the trusted CAs, add one"},
		Long: text{
			JA: "公的個人認証サービスの認証局は、SHA-256のフィンガープリントで見分けます。このプログラムが知っている世代のほかに、新しい世代の認証局を、公表されている値と比べたうえで追加できます。",
			EN: "The CAs of JPKI are told by their SHA-256 fingerprints. Besides the generations that this program knows, a newer one can be added after comparing its fingerprint with the published one.",
		},
	})
	cmd.AddCommand(newCAList(a), newCAShow(a), newCAAdd(a), newCARemove(a))
	return cmd
}

func newCAList(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "list",
		Short: text{JA: "信頼する認証局の一覧を見る", EN: "list the trusted CAs"},
		Args:  a.NoArgs(),
		Run:   func(ctx context.Context, _ []string) error { return listCAs(ctx, a) },
	})
}

func newCAShow(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "show ID|FILE",
		Short: text{JA: "認証局の詳細を見る", EN: "see what is known of a CA"},
		Examples: []command.Example{
			{Line: "jpki ca show sign-03", About: text{JA: "知っている認証局", EN: "a CA that is known"}},
			{Line: "jpki ca show new-ca.cer", About: text{JA: "ファイルの証明書がどの認証局か", EN: "which CA a certificate in a file is"}},
		},
		Files: true,
		Args:  a.ArgCount(1, 1, text{JA: "認証局のIDか、証明書のファイルを1つ指定してください。", EN: "Name one CA by its id, or a certificate file."}),
		Run:   func(ctx context.Context, args []string) error { return showCA(ctx, a, args[0]) },
	})
}

func newCAAdd(a *command.App) *cobra.Command {
	var fingerprint string
	cmd := a.New(command.Spec{
		Use:   "add FILE",
		Short: text{JA: "新しい世代の認証局を追加する", EN: "add a newer generation's CA"},
		Long: text{
			JA: "このバージョンにまだ登録されていない、公的個人認証サービスの認証局の証明書を追加します。J-LISが公表しているSHA-256のフィンガープリントを、ファイルとは別の経路(下のページや紙)で確かめて --sha256 に入力してください。\n" +
				"  署名用認証局          https://www.jpki.go.jp/ca/ca_rules3.html\n  利用者証明用認証局    https://www.jpki.go.jp/ca/ca_rules4.html",
			EN: "Adds the certificate of a CA of JPKI that this version does not know yet. Take the SHA-256 fingerprint that J-LIS publishes from somewhere else than the file (these pages, or paper) and enter it with --sha256.\n" +
				"  CA for digital signature       https://www.jpki.go.jp/ca/ca_rules3.html\n  CA for user authentication     https://www.jpki.go.jp/ca/ca_rules4.html",
		},
		Files: true,
		Args:  a.ArgCount(1, 1, text{JA: "追加する証明書のファイルを1つ指定してください。", EN: "Name one certificate file to add."}),
		Run:   func(ctx context.Context, args []string) error { return addCA(ctx, a, args[0], fingerprint) },
	})
	cmd.Flags().StringVar(&fingerprint, "sha256", "", a.IO.Text(text{JA: "公表されているフィンガープリント`HEX`(16進数64桁)", EN: "the published fingerprint: `HEX`, 64 hexadecimal digits"}))
	return cmd
}

func newCARemove(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "remove ID",
		Short: text{JA: "追加した認証局を取り消す", EN: "take an added CA away again"},
		Args:  a.ArgCount(1, 1, text{JA: "認証局のIDを1つ指定してください(jpki ca list で見られます)。", EN: "Name one CA by its id (see jpki ca list)."}),
		Run:   func(ctx context.Context, args []string) error { return removeCA(ctx, a, args[0]) },
	})
}

// knownCAs lists the pinned CAs and the added ones.
func knownCAs(ctx context.Context, a *command.App) ([]castore.Known, error) {
	store, err := a.Store()
	if err != nil {
		return nil, err
	}
	return castore.ListKnown(ctx, store)
}

// CaWords are the ids of CAs for the shell: all, or those that were added.
func CaWords(a *command.App, added bool) (words []string) {
	all, err := knownCAs(context.Background(), a)
	if err != nil {
		return nil
	}
	for _, ca := range all {
		if !added || ca.Standing == trust.Added {
			words = append(words, ca.ID+"\t"+a.IO.Text(terms.CANames[ca.Kind]))
		}
	}
	return words
}

func listCAs(ctx context.Context, a *command.App) error {
	all, err := knownCAs(ctx, a)
	if err != nil {
		return err
	}
	if a.JSON {
		docs := []caJSON{}
		for _, ca := range all {
			docs = append(docs, caDocument(a, ca))
		}
		return a.IO.JSON(struct {
			Schema string   `json:"schema"`
			CAs    []caJSON `json:"cas"`
		}{"jpki.ca-list/v1", docs})
	}
	var w strings.Builder
	for i, kind := range []cert.Kind{cert.SignCA, cert.AuthCA} {
		if i > 0 {
			fmt.Fprintln(&w)
		}
		fmt.Fprintf(&w, "%s\n  %s\n", a.IO.Paint(ui.Strong, a.IO.Text(terms.Capital(terms.CANames[kind]))),
			a.IO.Text(text{JA: "公表値: %s", EN: "published at %s"}.With(trust.OfficialPage(kind))))
		var rows [][]string
		var details []string
		for _, ca := range all {
			if ca.Kind == kind {
				rows = append(rows, caRow(a, ca))
				details = append(details, fmt.Sprintf("    %s\n    SHA-256 %s\n", a.IO.Text(storedText(ca)), ca.Fingerprint))
			}
		}
		// Details too wide for the table get lines of their own.
		n := 0
		for line := range strings.Lines(ui.Table(2, nil, rows)) {
			fmt.Fprint(&w, line, details[n])
			n++
		}
	}
	_, err = io.WriteString(a.IO.Out, w.String())
	return err
}

func caRow(a *command.App, ca castore.Known) []string {
	return []string{
		ca.ID, fmt.Sprintf("%s..%s", cert.DateOf(ca.Validity.NotBefore), ca.Validity.LastDay()),
		a.IO.Text(inspect.StateNames[caState(a, ca)]),
	}
}

func storedText(ca castore.Known) text {
	if ca.Stored {
		return text{JA: "証明書あり", EN: "certificate stored"}
	}
	return text{JA: "証明書なし", EN: "certificate not stored"}
}

// caState is the state of a CA, which knows no renewal.
func caState(a *command.App, ca castore.Known) inspect.State {
	if s := inspect.States[ca.Validity.State(a.Env.Now())]; s != inspect.RenewalOpen {
		return s
	}
	return inspect.Valid
}

// caJSON is a CA in jpki.ca-list/v1 and jpki.ca/v1.
type caJSON struct {
	ID           string        `json:"id"`
	Kind         string        `json:"kind"`
	Standing     string        `json:"standing"`
	State        inspect.State `json:"state"`
	NotBefore    string        `json:"not_before"`
	NotAfter     string        `json:"not_after"`
	LastDay      string        `json:"last_day"`
	Serial       string        `json:"serial"`
	SubjectKeyID string        `json:"subject_key_id"`
	SHA256       string        `json:"sha256"`
	Stored       bool          `json:"stored"`
	OfficialPage string        `json:"official_page"`
}

// writeCA writes jpki.ca/v1.
func writeCA(a *command.App, ca castore.Known) error {
	return a.IO.JSON(struct {
		Schema string `json:"schema"`
		caJSON
	}{"jpki.ca/v1", caDocument(a, ca)})
}

func caDocument(a *command.App, ca castore.Known) caJSON {
	return caJSON{
		ID: ca.ID, Kind: ca.Kind.String(), Standing: ca.Standing.String(), State: caState(a, ca),
		NotBefore: command.RFC3339(ca.Validity.NotBefore), NotAfter: command.RFC3339(ca.Validity.NotAfter), LastDay: ca.Validity.LastDay().String(),
		Serial: ca.Serial, SubjectKeyID: ca.KeyID, SHA256: ca.Fingerprint.String(), Stored: ca.Stored, OfficialPage: trust.OfficialPage(ca.Kind),
	}
}

func showCA(ctx context.Context, a *command.App, what string) error {
	all, err := knownCAs(ctx, a)
	if err != nil {
		return err
	}
	ca, err := findCA(ctx, all, what)
	if err != nil {
		return err
	}
	if a.JSON {
		return writeCA(a, ca)
	}
	row := func(label text, value string) []string { return []string{a.IO.Text(label), value} }
	yes := text{JA: "この機器に保管しています", EN: "kept on this computer"}
	if !ca.Stored {
		yes = text{JA: "保管していません", EN: "not kept"}
	}
	name, known := terms.CANames[ca.Kind]
	if !known {
		name = terms.KindNames[ca.Kind]
	}
	rows := [][]string{
		row(text{JA: "認証局", EN: "CA"}, a.IO.Text(terms.Capital(name))),
		row(text{JA: "ID", EN: "ID"}, ca.ID),
		row(text{JA: "信頼", EN: "Trust"}, a.IO.Text(terms.Capital(terms.Standings[ca.Standing]))),
		row(text{JA: "状態", EN: "State"}, a.IO.Text(terms.Capital(inspect.StateNames[caState(a, ca)]))),
		row(text{JA: "有効期間の開始", EN: "Valid from"}, a.IO.Text(terms.LastDay(cert.DateOf(ca.Validity.NotBefore)))),
		row(text{JA: "有効期間満了日", EN: "Last day"}, a.IO.Text(terms.LastDay(ca.Validity.LastDay()))),
		row(text{JA: "シリアル番号", EN: "Serial"}, ca.Serial),
		row(text{JA: "鍵識別子", EN: "Key identifier"}, ca.KeyID),
		row(text{JA: "SHA-256", EN: "SHA-256"}, ca.Fingerprint.String()),
		row(text{JA: "証明書", EN: "Certificate"}, a.IO.Text(terms.Capital(yes))),
	}
	if ca.Certificate != nil {
		rows = append(rows, row(text{JA: "識別名", EN: "Subject"}, cert.Name(ca.Certificate.RawSubject)))
	}
	if page := trust.OfficialPage(ca.Kind); page != "" && ca.Standing != trust.Demo {
		rows = append(rows, row(text{JA: "公表値", EN: "Published at"}, page))
	}
	_, err = fmt.Fprint(a.IO.Out, a.IO.Rows(0, rows))
	return err
}

// findCA finds a CA by its id or takes it out of a file.
func findCA(ctx context.Context, all []castore.Known, what string) (castore.Known, error) {
	for _, ca := range all {
		if ca.ID == what {
			return ca, nil
		}
	}
	if _, err := os.Stat(what); err != nil && !strings.ContainsAny(what, `./\`) {
		return castore.Known{}, unknownCA(what)
	}
	c, err := input.CertificateFile(ctx, what)
	if err != nil {
		return castore.Known{}, err
	}
	for _, ca := range all {
		if ca.Fingerprint == cert.FingerprintOf(c) {
			ca.Certificate = c
			return ca, nil
		}
	}
	ca := castore.CertifiedCA(c, trust.Anchors{}.Identify(c))
	if ca.Standing != trust.Demo {
		ca.ID = "-" // not a trusted CA
	}
	return ca, nil
}

func unknownCA(id string) error {
	return problem.Misuse(text{JA: "「%s」という認証局はありません。", EN: "There is no CA %q."}.With(id)).
		WithNext(text{JA: "IDは jpki ca list で見られます。", EN: "For the ids: jpki ca list"})
}

func addCA(ctx context.Context, a *command.App, path, fingerprint string) error {
	c, err := input.CertificateFile(ctx, path)
	if err != nil {
		return err
	}
	actual, page := cert.FingerprintOf(c), trust.OfficialPage(cert.KindOf(c))
	f := actual
	id := trust.Anchors{}.Identify(c)
	switch {
	case fingerprint != "":
		if f, err = cert.ParseFingerprint(fingerprint); err != nil {
			return problem.Misuse(text{JA: "--sha256 は16進数64桁です。", EN: "--sha256 has 64 hexadecimal digits."})
		}
	case id.Standing == trust.Unknown:
		return problem.Misuse(text{JA: "「%s」のSHA-256は %s です。これが本物かどうかは、公表値と比べなければ分かりません。", EN: "The SHA-256 of %s is %s. Whether it is genuine only the published value tells."}.With(path, actual)).
			WithNext(text{JA: "%s の値と比べ、同じなら、そこにある値を --sha256 に付けて実行してください。", EN: "Compare with %s. If it is the same, run this again with --sha256 and the value from there."}.With(page))
	}
	store, err := a.Store()
	if err == nil {
		err = store.Add(ctx, a.Env.Now(), c, f)
	}
	if err != nil {
		return refusedCA(err, path, actual, page)
	}
	ca := castore.CertifiedCA(c, id)
	ca.Stored = true
	done := text{JA: "%[2]sを追加しました(ID: %[1]s)。取り消すには jpki ca remove %[1]s", EN: "Added the %[2]s (id %[1]s). To take it away again: jpki ca remove %[1]s"}
	if id.Standing == trust.Pinned {
		done = text{JA: "%[2]sの%[1]sは、このバージョンに登録されている認証局です。証明書を保管しました。", EN: "This version knows %[1]s, a %[2]s. Its certificate is now kept."}
	} else {
		ca.Standing = trust.Added
	}
	if a.JSON {
		return writeCA(a, ca)
	}
	a.IO.Say(done.With(ca.ID, terms.CANames[ca.Kind]))
	return nil
}

// refusedCA explains why a certificate was not added.
func refusedCA(err error, path string, actual cert.Fingerprint, page string) error {
	switch {
	case errors.Is(err, castore.ErrFingerprint) && page != "":
		return problem.New(problem.Invalid,
			text{JA: "「%s」のSHA-256は %s で、--sha256 の値と違います。追加しませんでした。", EN: "The SHA-256 of %s is %s, not the one of --sha256. Nothing was added."}.With(path, actual),
			text{JA: "ファイルが本物でないか、値の入力の誤りです。%s で確かめてください。", EN: "Either the file is not genuine or the value is mistyped. See %s."}.With(page)).Because(err)
	case errors.Is(err, castore.ErrDemo):
		return problem.New(problem.Input,
			text{JA: "「%s」はデモカードの認証局です。追加できません。", EN: "%s is the demo card's CA. It is never added."}.With(path),
			text{JA: "デモの署名を試すには jpki verify --trust demo を使ってください。", EN: "To try demo signatures: jpki verify --trust demo"}).Because(err)
	case errors.Is(err, castore.ErrNotJPKI), errors.Is(err, castore.ErrFingerprint):
		return problem.New(problem.Input,
			text{JA: "「%s」は公的個人認証サービスの認証局ではありません。追加しませんでした。", EN: "%s is not a CA of JPKI. Nothing was added."}.With(path),
			text{JA: "ほかの認証局の署名を確かめるには jpki verify --ca FILE を使ってください。", EN: "For signatures under another CA: jpki verify --ca FILE"}).Because(err)
	case errors.Is(err, castore.ErrUnfit):
		return problem.New(problem.Input,
			text{JA: "「%s」は認証局の証明書として正しくありません。追加しませんでした。", EN: "%s is not fit to be a CA's certificate. Nothing was added."}.With(path),
			text{JA: "%s から取り直してください。", EN: "Get it again from %s."}.With(page)).Because(err)
	}
	return err
}

func removeCA(ctx context.Context, a *command.App, id string) error {
	all, err := knownCAs(ctx, a)
	if err != nil {
		return err
	}
	for _, ca := range all {
		if ca.ID != id {
			continue
		}
		if ca.Standing == trust.Pinned {
			return problem.Misuse(text{JA: "%sはこのプログラムが知っている認証局で、取り消せません。", EN: "%s is a CA that this program knows. It cannot be taken away."}.With(id)).
				WithNext(text{JA: "取り消せるのは jpki ca add で追加したものだけです。", EN: "Only what jpki ca add added can be."})
		}
		store, err := a.Store()
		if err == nil {
			_, err = store.Remove(ctx, ca.Fingerprint)
		}
		if err != nil {
			return err
		}
		if a.JSON {
			ca.Stored = false
			return writeCA(a, ca)
		}
		a.IO.Say(text{JA: "%sを取り消しました。", EN: "%s was taken away."}.With(id))
		return nil
	}
	return unknownCA(id)
}
