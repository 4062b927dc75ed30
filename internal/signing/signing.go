// Package signing makes signatures: it prepares files without the card, signs them
// all in one PIN session, and writes results that our own verifier has checked.
package signing

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/stamping"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

type text = i18n.Text

type Options struct {
	Unlock    unlock.Options
	Format    string
	Profile   string
	Out       string
	OutDir    string
	Digest    string
	Key       string
	DigestHex string // of raw
	Reason    string // of PDF
	Field     string // of PDF
	Visible   VisibleOptions
	Form      string // of XML
	IDs       []string
	With      []string
	Cosign    bool
	Attached  bool
	PEM       bool
	PSS       bool             // of CMS
	Stamping  stamping.Options // of --tsa
	NoCA      bool
	Force     bool
	DryRun    bool
	Quiet     bool

	Given func(string) bool // whether an option was given
}

// Call is one run of jpki sign: the options as given, and the values derived
// from them.
type Call struct {
	Options
	io  *ui.IO
	Env env.Env

	KnownCAs  []*x509.Certificate // one of these is not read from the card
	Hash      crypto.Hash
	rawDigest []byte        // of --digest-hex
	Unnamed   bool          // the signature goes to standard output
	Stamp     *VisibleStamp // of --visible, or nil
}

var Digests = map[string]crypto.Hash{"sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

// Job is one file to sign, and how far it came.
type Job struct {
	Input    string // as given; - for standard input
	Target   string // "" for standard output
	Format   format
	before   fs.FileInfo
	document document
	signed   bool
	Bytes    int64
	Err      error
}

// files are the paths of those that are read with the input.
func (job *Job) files() []string {
	if d, ok := job.document.(interface{ files() []string }); ok {
		return d.files()
	}
	return nil
}

// Covers lists the content of the signature, unless that is just the whole
// input.
func (job *Job) Covers() []text {
	if d, ok := job.document.(interface{ covers() []text }); ok {
		return d.covers()
	}
	return nil
}

// IsApplication reports whether the input is an e-Gov application, with a
// signature in each of several documents: Covers has one item for each.
func (job *Job) IsApplication() bool { return job.Format.Name == applicationFormat.Name }

// Signed is the signer, as a signing session found it.
type Signed struct {
	Cert *x509.Certificate
	Ca   []*x509.Certificate // as far as the card gave it
	Time time.Time
	Demo bool
}

// New checks the options as far as that needs neither a file nor the card.
func New(opt Options, inputs []string, o *ui.IO, e env.Env) (*Call, error) {
	c := &Call{Options: opt, io: o, Env: e}
	c.Unnamed = c.Out == "-" || slices.Contains(inputs, "-") && c.Out == ""
	return c, c.check(inputs)
}

func (c *Call) check(inputs []string) error {
	if len(inputs) == 0 {
		return problem.Misuse(text{JA: "署名するファイルを指定してください。", EN: "Name the files to sign."}).
			WithNext(text{JA: "使い方は jpki sign --help で見られます。", EN: "See jpki sign --help."})
	}
	if err := c.checkDigest(); err != nil {
		return err
	}
	if _, ok := formatNamed(c.Format); c.Format != "" && !ok {
		return problem.Misuse(text{JA: "--format は cms、pdf、xmldsig、xades、raw のどれかです。", EN: "--format is cms, pdf, xmldsig, xades or raw."})
	}
	if c.Profile != "" && !slices.Contains(ProfileNames(), c.Profile) {
		return problem.Misuse(text{JA: "--profile は touki、koshonin、pades、etax、egov のどれかです。", EN: "--profile is touki, koshonin, pades, etax or egov."})
	}
	if _, ok := xmlForms[c.Form]; !ok {
		return problem.Misuse(text{JA: "--form は enveloped、enveloping、detached のどれかです。", EN: "--form is enveloped, enveloping or detached."})
	}
	if len(c.IDs) > 0 && c.Form != "detached" {
		return problem.Misuse(text{JA: "--id は --form detached でだけ使えます。", EN: "--id goes with --form detached only."}).
			WithNext(text{JA: "ほかの形の署名は、文書全体に対するものです。", EN: "In the other forms the whole document is signed."})
	}
	if err := c.checkVisible(); err != nil {
		return err
	}
	if c.Key != "" && c.Key != "sign" && c.Key != "auth" {
		return problem.Misuse(text{JA: "--key は sign か auth です。", EN: "--key is sign or auth."})
	}
	if c.Key == "auth" && c.Format != "raw" {
		return problem.Misuse(text{JA: "--key auth は --format raw でだけ使えます。", EN: "--key auth goes with --format raw only."}).
			WithNext(text{JA: "文書への署名には署名用電子証明書を使います。", EN: "Documents are signed with the digital-signature certificate."})
	}
	if c.DigestHex != "" && (c.Format != "raw" || len(inputs) != 1 || inputs[0] != "-") {
		return problem.Misuse(text{JA: "--digest-hex は --format raw で、ファイルを指定せずに使います。", EN: "--digest-hex goes with --format raw and without a file."})
	}
	if c.Out != "" && c.OutDir != "" {
		return problem.Misuse(text{JA: "-o と --out-dir は同時に使えません。", EN: "-o and --out-dir exclude each other."})
	}
	if c.Out != "" && len(inputs) > 1 {
		return problem.Misuse(text{JA: "-o はファイルが1つのときだけ使えます。", EN: "-o is for a single file."}).
			WithNext(text{JA: "いくつも署名するときは --out-dir を使ってください。", EN: "For many files use --out-dir."})
	}
	if c.Attached && c.Format != "" && c.Format != "cms" {
		return problem.Misuse(text{JA: "--attached は --format cms でだけ使えます。", EN: "--attached goes with --format cms only."})
	}
	if c.PSS && c.Digest != "sha256" {
		return problem.Misuse(text{JA: "--pss は --digest sha256 とだけ使えます。", EN: "--pss goes with --digest sha256 only."})
	}
	stdin := slices.Contains(inputs, "-")
	if stdin && len(inputs) > 1 {
		return problem.Misuse(text{JA: "「-」(標準入力)はほかのファイルと一緒に指定できません。", EN: "- (standard input) goes with no other file."})
	}
	return nil
}

// CheckUnnamed checks that standard output has room for the signature.
func (c *Call) CheckUnnamed(json bool) error {
	if c.Unnamed && json {
		return problem.Misuse(text{JA: "--json では署名を標準出力に書けません。", EN: "With --json the signature cannot go to standard output."}).
			WithNext(text{JA: "-o FILE を指定してください。", EN: "Name a file with -o."})
	}
	if c.Unnamed && c.Out != "-" && !c.PEM && !c.DryRun && ui.IsTerminal(c.io.Out) {
		return problem.Misuse(text{JA: "署名はバイナリなので端末に表示しません。", EN: "The signature is binary and does not go to a terminal."}).
			WithNext(text{JA: "-o FILE で保存するか、それでも端末に出すなら -o - を付けてください。", EN: "Name a file with -o, or insist with -o -."})
	}
	return nil
}

// checkDigest finds the hash: named, or of the length of the digest given.
func (c *Call) checkDigest() error {
	if c.DigestHex != "" {
		var err error
		if c.rawDigest, err = hex.DecodeString(c.DigestHex); err != nil {
			return problem.Misuse(text{JA: "--digest-hex は16進数で指定してください。", EN: "--digest-hex is hexadecimal."})
		}
		for name, h := range Digests {
			if h.Size() == len(c.rawDigest) && (c.Digest == "" || c.Digest == name) {
				c.Digest, c.Hash = name, h
				return nil
			}
		}
		return problem.Misuse(text{JA: "--digest-hex の長さ(%dバイト)が、SHA-256(32)、SHA-384(48)、SHA-512(64)のどれとも合いません。", EN: "--digest-hex has %d bytes, not those of SHA-256 (32), SHA-384 (48) or SHA-512 (64)."}.With(len(c.rawDigest)))
	}
	if c.Digest == "" {
		c.Digest = "sha256"
	}
	var ok bool
	if c.Hash, ok = Digests[c.Digest]; !ok {
		return problem.Misuse(text{JA: "--digest は sha256、sha384、sha512 のどれかです。", EN: "--digest is sha256, sha384 or sha512."})
	}
	return nil
}

// WarnOfAuthKey has a person, or --force, stand by a bare signature with the
// authentication key: it can be the answer to somebody's log-in challenge.
func (c *Call) WarnOfAuthKey(ctx context.Context, u *unlock.Unlocker) error {
	if c.Key != "auth" || c.Force {
		return nil
	}
	what := text{
		JA: "利用者証明用の鍵による署名は、あなたとしてログインするための応答に使われるおそれがあります。",
		EN: "A bare signature with the authentication key can be the answer to a challenge, with which somebody logs in as you.",
	}
	if u.Terminal != nil {
		u.Terminal.Println(c.io.Text(what))
		agreed, err := u.TypedYes(ctx)
		if err != nil || agreed {
			return err
		}
	}
	return problem.New(problem.PINSource, what,
		text{JA: "内容を自分で作ったと確かなときだけ、--force を付けてください。", EN: "Only if you made the content yourself, insist with --force."})
}

func (opt *Options) SigningKey() jpki.Key {
	if opt.Key == "auth" {
		return jpki.KeyAuth
	}
	return jpki.KeySign
}

func (c *Call) NoteBeforeSigning(jobs []*Job) {
	if c.SigningKey() == jpki.KeySign && c.Format != "raw" {
		c.io.Note(text{
			JA: "署名には署名用電子証明書の氏名、住所、生年月日、性別が含まれ、受け取る人が読めます。",
			EN: "The signature will carry your name, address, date of birth and sex from the certificate; whoever gets it can read them.",
		})
		c.io.Note(terms.Lapse)
	}
	if slices.ContainsFunc(jobs, func(j *Job) bool { return j.Err == nil && len(j.Format.profiles) > 0 }) {
		c.io.Note(text{
			JA: "提出先のサービスが受け付けるかどうかは、実際のサービスでは確かめていません。",
			EN: "Whether the service you send it to accepts it was not verified with the real service.",
		})
	}
	for _, j := range jobs {
		c.noteOfSubmission(j)
		if d, ok := j.document.(interface{ notes() []text }); ok && j.Err == nil {
			for _, n := range d.notes() {
				c.io.Note(n)
			}
		}
		if j.Err == nil && c.Format == "" && j.Format.Name == "cms" && named(j.Input, ".p7s", ".p7m", ".tsr") {
			c.io.Note(text{
				JA: "「%s」は署名かタイムスタンプのファイルです。元のファイルではなく、このファイルそのものに署名します。",
				EN: "%s is the file of a signature or timestamp: this signs that file, not what it is for.",
			}.With(j.Input))
		}
		if j.Err == nil && c.Format == "" && !c.Attached && j.unlikeItsName() {
			c.io.Note(text{
				JA: "「%[1]s」は、名前と違ってXMLに見えないため、分離署名の「%[2]s」を作ります。ほかの形式は --format で指定できます。",
				EN: "In spite of its name, %[1]s does not look like XML: the signature becomes %[2]s, a detached one. --format chooses another kind.",
			}.With(j.Input, filepath.Base(j.Target)))
		}
	}
}

// Close lets the input go.
func (job *Job) Close() {
	if job.document != nil {
		job.document.close()
	}
}

// unlikeItsName reports a file named like an XML document that does not begin
// like one: it may be damaged.
func (job *Job) unlikeItsName() bool {
	return job.Format.Name == "cms" && named(job.Input, ".xml", ".xtx")
}

// named reports whether the name of a file has one of these endings.
func named(path string, endings ...string) bool {
	return slices.Contains(endings, strings.ToLower(filepath.Ext(path)))
}

// Sign signs everything that is ready in one PIN session. A file that could not
// be signed has the reason in its job.
func (c *Call) Sign(ctx context.Context, u *unlock.Unlocker, jobs []*Job) (by Signed, err error) {
	err = u.WithPIN(ctx, c.SigningKey(), func(card *cards.Card, s *jpki.Session) error {
		who, err := c.signer(s)
		if err != nil {
			return err
		}
		by = Signed{who.cert, who.ca, who.time, cert.IsDemo(who.cert)}
		p := c.io.Steps(text{JA: "カードで署名しています", EN: "signing with the card"}, len(jobs), c.Env.Now)
		defer p.Done()
		for _, job := range jobs {
			p.Advance(1)
			if job.Err != nil {
				continue
			}
			if err := job.document.sign(who); err != nil {
				if ofDocument(err) {
					job.Err = err
					continue
				}
				return err
			}
			job.signed = true
		}
		return nil
	})
	return by, err
}

// ofDocument reports an error that is one file's own, so that the others can
// still be signed.
func ofDocument(err error) bool { return explain.Document(err) != nil }

// signer reads the certificates and checks everything that needs them.
func (c *Call) signer(s *jpki.Session) (signer, error) {
	kind := c.SigningKey().Certificate()
	own, ca, err := c.certificates(s)
	if err != nil {
		return signer{}, err
	}
	now := c.Env.Now()
	switch v := cert.ValidityOf(own); v.State(now) {
	case cert.Expired:
		return signer{}, problem.New(problem.Expired,
			text{JA: "%sの有効期間は%sで終わっています。署名は作成していません。", EN: "The %s ended on %s. No signature was made."}.With(terms.CertificateNames[kind], terms.Date(v.LastDay())),
			text{JA: "カードを持って市区町村の窓口で新しく発行してもらってください(無料)。詳しくは jpki guide renew", EN: "Take the card to the municipal counter for a new one (free). More: jpki guide renew"})
	case cert.NotYetValid:
		return signer{}, problem.New(problem.Invalid,
			text{JA: "%sの有効期間はまだ始まっていません。署名は作成していません。", EN: "The %s is not yet valid. No signature was made."}.With(terms.CertificateNames[kind]),
			text{JA: "このパソコンの日付と時刻を確かめてください。", EN: "Check the date and time of this computer."})
	}
	who := signer{cert: own, key: s.Signer(own), time: now}
	if ca != nil && !c.NoCA {
		who.ca = []*x509.Certificate{ca}
	}
	return who, nil
}

// certificates returns the signer's and the CA's certificate, checked against
// each other before the card signs: a bit error in transit would make a
// signature that others refuse. A bare signature holds no certificate.
func (c *Call) certificates(s *jpki.Session) (own, ca *x509.Certificate, err error) {
	if c.Format == "raw" {
		own, err = s.Certificate(c.SigningKey().Certificate())
		return own, nil, err
	}
	own, ca, err = s.Issued(c.SigningKey(), c.KnownCAs...)
	if own == nil || cards.Fatal(err) {
		return nil, nil, err
	}
	if err != nil && !c.NoCA {
		c.io.Note(text{JA: "カードの認証局の証明書が読めないため、署名に入れません。", EN: "The CA certificate on the card cannot be read and is left out of the signature."})
	}
	return own, ca, nil
}

// checkRaw verifies a bare signature.
func checkRaw(c *x509.Certificate, hash crypto.Hash, digest, signature []byte) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, hash, digest, signature)
	case *ecdsa.PublicKey:
		if !ecdsa.VerifyASN1(key, digest, signature) {
			return errors.New("the signature is not one by the key of the certificate")
		}
		return nil
	}
	return fmt.Errorf("keys of type %T are not supported", c.PublicKey)
}
