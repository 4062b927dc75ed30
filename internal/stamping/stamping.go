// Package stamping gets timestamps from the authority that a person names: with
// an account where it wants one, checked in full before anything rests on them.
package stamping

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

type text = i18n.Text

// Options name the authority and how it knows its customer.
type Options struct {
	TSA             string // address; "" for no timestamp
	CA              string // file with the CA certificates to believe
	User            string
	PasswordFile    string
	PasswordCommand string
	Certificate     string // file with the client's certificate, and its key unless Key has it
	Key             string
}

// Stamper gets timestamps from one authority.
type Stamper struct {
	io      *ui.IO
	now     func() time.Time
	address string
	roots   []*x509.Certificate // to believe; nil where none were named
	account *fetch.Account      // nil where the authority wants none
	timeout time.Duration       // of one attempt; 0 for the usual one
}

// stampAttempts is how often an authority is asked that does not answer.
const stampAttempts = 3

// check checks the options themselves. It refuses a password in the address,
// without repeating it.
func (o Options) check() error {
	var account *fetch.Account
	if o.User != "" || o.Certificate != "" {
		account = &fetch.Account{}
	}
	address := fetch.Request{Address: o.TSA, Account: account}.Check()
	switch {
	case o.TSA == "" && o != Options{}:
		return problem.Misuse(text{JA: "--tsa-ca、--tsa-user などは --tsa と一緒に使います。", EN: "--tsa-ca, --tsa-user and the like go with --tsa."})
	case o.TSA == "":
		return nil
	case errors.Is(address, fetch.ErrAddress):
		return problem.Misuse(text{JA: "--tsa は http:// か https:// で始まるURLです。", EN: "--tsa is a URL with http:// or https://."})
	case errors.Is(address, fetch.ErrClear):
		return problem.Misuse(text{JA: "パスワードやクライアント証明書は、https:// のタイムスタンプ局だけに使えます。", EN: "A password or a client certificate is for an authority with https:// alone."})
	case errors.Is(address, fetch.ErrPassword):
		return problem.Misuse(text{JA: "--tsa のアドレスに、ユーザー名やパスワードを書かないでください。ほかのプログラムや履歴から読めてしまいます。", EN: "The address of --tsa must not hold a user name or password: other programs and the history can read it."}).
			WithNext(text{JA: "--tsa-user と --tsa-password-file か --tsa-password-command を使ってください。", EN: "Use --tsa-user with --tsa-password-file or --tsa-password-command."})
	case o.PasswordFile != "" && o.PasswordCommand != "":
		return problem.Misuse(text{JA: "--tsa-password-file と --tsa-password-command は同時に使えません。", EN: "--tsa-password-file and --tsa-password-command exclude each other."})
	case (o.User != "") != (o.PasswordFile != "" || o.PasswordCommand != ""):
		return problem.Misuse(text{JA: "--tsa-user は、--tsa-password-file か --tsa-password-command と一緒に使います。", EN: "--tsa-user goes with --tsa-password-file or --tsa-password-command."})
	case o.Key != "" && o.Certificate == "":
		return problem.Misuse(text{JA: "--tsa-key は --tsa-cert と一緒に使います。", EN: "--tsa-key goes with --tsa-cert."})
	}
	return nil
}

// New checks the options and reads the files they name. It returns nil if no
// timestamp is wanted. It sends nothing to the network. It only runs the
// command for the password, with its error output on stderr.
func New(ctx context.Context, o Options, out *ui.IO, now func() time.Time) (*Stamper, error) {
	if err := o.check(); err != nil || o.TSA == "" {
		return nil, err
	}
	s := &Stamper{io: out, now: now, address: o.TSA}
	var err error
	if o.CA != "" {
		if s.roots, err = input.Certificates(ctx, o.CA); err != nil {
			return nil, err
		}
	}
	s.account, err = o.account(ctx, out.Err)
	return s, err
}

// account reads the credentials for the authority; nil if there are none.
func (o Options) account(ctx context.Context, stderr io.Writer) (*fetch.Account, error) {
	if o.User == "" && o.Certificate == "" {
		return nil, nil
	}
	a := &fetch.Account{User: o.User}
	if o.User != "" {
		password, err := pin.Secret(ctx, o.PasswordFile, o.PasswordCommand, stderr)
		if err != nil {
			return nil, unreadSecret(err)
		}
		a.Password = string(password)
		clear(password)
	}
	if o.Certificate != "" {
		c, err := clientCertificate(ctx, o.Certificate, o.Key)
		if err != nil {
			return nil, err
		}
		a.Certificate = c
	}
	return a, nil
}

// unreadSecret explains a password or key that could not be read: package pin
// speaks of PINs.
func unreadSecret(err error) error {
	file, isFile := errors.AsType[*pin.FileError](err)
	program, isProgram := errors.AsType[*pin.ProgramError](err)
	rule, isRule := errors.AsType[pin.Rule](err)
	switch {
	case isFile:
		return problem.New(problem.Input,
			text{JA: "%sは使えません。", EN: "%s is not used."}.With(file.Path),
			text{JA: "名前を確かめてください。%s", EN: "Check its name. %s"}.With(explain.MakePrivate.Here())).Because(err)
	case isProgram:
		why, next := explain.ProgramReason(program)
		return problem.New(problem.Input,
			text{JA: "%sからパスワードを受け取れませんでした: %s。", EN: "%s gave no password: %s."}.With(program.Program, why), next).Because(err)
	case isRule:
		return problem.New(problem.Input,
			text{JA: "タイムスタンプ局のパスワードを読めません(空か、長すぎます)。", EN: "There is no password for the authority: it is empty, or too long."},
			text{JA: "--tsa-password-file のファイルか --tsa-password-command のコマンドを確かめてください。", EN: "Check the file of --tsa-password-file, or the command of --tsa-password-command."}).Because(rule)
	}
	return err
}

// maxCertificateFile bounds a file with certificates, in bytes.
const maxCertificateFile = 1 << 20

// clientCertificate reads certificate and key in PEM. The file with the key has
// to be private.
func clientCertificate(ctx context.Context, certificate, key string) (*tls.Certificate, error) {
	if key == "" {
		key = certificate
	}
	private, err := pin.PrivateFile(ctx, key)
	if err != nil {
		return nil, unreadSecret(err)
	}
	defer clear(private)
	public, err := input.ReadSmall(ctx, certificate, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	c, err := tls.X509KeyPair(public, private)
	if err != nil {
		return nil, problem.New(problem.Input,
			text{JA: "「%s」と「%s」は、証明書とその鍵として読めません。", EN: "%s and %s cannot be read as a certificate and its key."}.With(certificate, key),
			text{JA: "PEMで、暗号化されていない鍵を指定してください。.p12は openssl pkcs12 -in FILE -nodes で変換できます。", EN: "Give PEM, the key not encrypted. openssl pkcs12 -in FILE -nodes converts a .p12."}).Because(err)
	}
	return &c, nil
}

// Get gets a timestamp over content that was checked in full. It is asked for
// outside the card's transaction.
func (s *Stamper) Get(ctx context.Context, content []byte) (token []byte, err error) {
	h := crypto.SHA256.New()
	h.Write(content)
	return s.Digest(ctx, crypto.SHA256, h.Sum(nil))
}

// Digest is [Stamper.Get] for content that is given by its digest.
func (s *Stamper) Digest(ctx context.Context, h crypto.Hash, digest []byte) (token []byte, err error) {
	request, err := cms.NewDigestTimestampRequest(h, digest)
	if err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, request.DER())
	if err != nil {
		return nil, err
	}
	stamp, by, err := request.Answer(answer)
	if err != nil {
		return nil, s.refused(err)
	}
	// The time is now, and not only when the authority says that it is.
	if now := s.now(); now.Before(by.NotBefore) || now.After(by.NotAfter) {
		return nil, s.refused(errStampExpired)
	}
	if s.roots != nil {
		v := trust.Anchors{TSA: s.roots}.CheckTSA(by, stamp.Certificates(), stamp.Time, s.now())
		if len(v.Reasons) > 0 {
			return nil, s.refused(v.Reasons[0])
		}
	}
	return stamp.Token, nil
}

// errStampExpired: the authority's certificate has expired or is not yet valid.
var errStampExpired = errors.New("the certificate of the timestamping authority is not in force")

func (s *Stamper) ask(ctx context.Context, query []byte) (answer []byte, err error) {
	for attempt := range stampAttempts {
		if attempt > 0 {
			s.io.Note(text{JA: "「%s」から応答がありません。もう一度試します(%d/%d)。", EN: "No answer from %s. Trying again (%d of %d)."}.With(s.address, attempt+1, stampAttempts))
			select {
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			case <-time.After(time.Duration(attempt) * time.Second):
			}
		}
		answer, err = fetch.Do(ctx, fetch.Request{
			Address: s.address, Body: query, Type: cms.TimestampQueryType, Accept: cms.TimestampReplyType, Timeout: s.timeout, Account: s.account,
		})
		if !errors.Is(err, fetch.ErrNoAnswer) {
			break
		}
	}
	return answer, err
}

func (s *Stamper) refused(cause error) error {
	return problem.New(problem.Failed,
		text{JA: "%sのタイムスタンプは使えないため、何も保存しませんでした。%s", EN: "The timestamp of %s cannot be used, so nothing was saved. %s"}.With(s.address, stampFault(cause)),
		text{JA: "--tsa と --tsa-ca を確かめるか、別のタイムスタンプ局を指定してください。", EN: "Check --tsa and --tsa-ca, or name another authority."}).Because(cause)
}

// stampFault describes the fault in the answer of an authority.
func stampFault(cause error) text {
	if refused, ok := errors.AsType[*cms.RefusedError](cause); ok {
		return text{JA: "局が発行を断りました(PKIStatus %d)。", EN: "The authority refused it (PKIStatus %d)."}.With(refused.Status)
	}
	for _, known := range stampFaults {
		if errors.Is(cause, known.cause) {
			return known.text
		}
	}
	return text{JA: "\n詳細: %s", EN: "Detail: %s."}.With(cause.Error())
}

var stampFaults = []struct {
	cause error
	text  text
}{
	{cms.ErrOtherNonce, text{JA: "別の要求への応答です。", EN: "It answers another request."}},
	{cms.ErrOtherContent, text{JA: "別の内容のタイムスタンプです。", EN: "It is over something else."}},
	{cms.ErrNotTimestamping, text{JA: "局の証明書は、タイムスタンプ専用のものではありません。", EN: "The authority's certificate is not one for timestamps alone."}},
	{errStampExpired, text{JA: "局の証明書の有効期間内ではありません。このパソコンの日付と時刻も確かめてください。", EN: "The authority's certificate is not in force. Check the date and time of this computer, too."}},
	{trust.ErrTSA, text{JA: "局の証明書は、--tsa-ca の認証局が発行したものではありません。", EN: "The authority's certificate does not lead to a CA of --tsa-ca."}},
	{cms.FormatFailure, text{JA: "応答をタイムスタンプとして読めません。", EN: "The answer cannot be read as a timestamp."}},
	{cms.SigCryptoFailure, text{JA: "局の署名が正しくありません。", EN: "The authority's signature is wrong."}},
	{cms.HashFailure, text{JA: "局の署名が正しくありません。", EN: "The authority's signature is wrong."}},
	{cms.NoSigningCertificateFound, text{JA: "応答に局の証明書がありません。", EN: "The authority's certificate is not in the answer."}},
	{cms.CryptoConstraintsFailureNoPOE, text{JA: "弱い方式(SHA-1など)で作られています。", EN: "It is made in a weak way (SHA-1 or a short key)."}},
	{cms.CryptoConstraintsFailure, text{JA: "弱い方式(SHA-1など)か、対応していない方式です。", EN: "It is made in a weak way (SHA-1 or a short key), or in one that is not supported."}},
}
