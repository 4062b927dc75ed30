package judging

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jpki-tools/jpki/internal/castore"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Options are the flags of every command that judges certificates: the CAs to
// believe, and the sources to ask about revocation.
type Options struct {
	Trust             string
	CAs               []string
	CRLs              []string
	OCSP              string
	RequireRevocation bool
}

// ocspFromCertificate is the value of --ocsp that means the certificate's own
// responder.
const ocspFromCertificate = "aia"

// Examiner judges certificates for one run. It fetches each source once, and
// several goroutines may use it.
type Examiner struct {
	IO        *ui.IO
	now       func() time.Time
	stored    *castore.Store // where CAs are recalled from; nil where none are
	remembers bool           // CAs that came along are stored

	Anchors trust.Anchors
	cas     []*x509.Certificate // available, trusted or not
	crls    []*crlSource
	ocsp    string
	require bool
	AnyKey  bool // accept signatures by keys of any purpose
	// Unchanged demands that only timestamps and validation data were added to
	// a PDF after a signature.
	Unchanged bool

	mu      sync.Mutex
	kept    []cert.Fingerprint     // of CAs that are stored
	answers map[string]*ocspAnswer // by question
}

// crlSource is one --crl: a file, read already, or an address.
type crlSource struct {
	from  string
	once  sync.Once
	lists []*trust.CRL
	err   error
}

type ocspAnswer struct {
	once     sync.Once
	evidence trust.Evidence
}

// NewExaminer checks the flags and reads the files they name. Nothing is
// fetched before a certificate needs it.
func NewExaminer(ctx context.Context, out *ui.IO, now func() time.Time, o *Options, stored *castore.Store, remembers bool) (*Examiner, error) {
	e := &Examiner{IO: out, now: now, stored: stored, remembers: remembers, ocsp: o.OCSP, require: o.RequireRevocation, answers: map[string]*ocspAnswer{}}
	switch o.Trust {
	case "":
	case "demo":
		e.Anchors.Demo = true
	default:
		return nil, problem.Misuse(text{JA: "--trust に使えるのは demo です。", EN: "--trust is demo."})
	}
	if err := o.checkAddresses(); err != nil {
		return nil, err
	}
	for _, path := range o.CAs {
		cas, err := input.Certificates(ctx, path)
		if err != nil {
			return nil, err
		}
		e.cas = append(e.cas, cas...)
	}
	e.Anchors.Given = e.cas
	e.recallCAs(ctx)
	for _, from := range o.CRLs {
		s := &crlSource{from: from}
		if !isAddress(from) {
			if s.lists, s.err = readCRLs(ctx, from); s.err != nil {
				return nil, s.err
			}
			s.once.Do(func() {})
		}
		e.crls = append(e.crls, s)
	}
	return e, nil
}

// recallCAs takes the stored CAs: certificates of pinned CAs, which signatures
// can lack, and those that the user added.
func (e *Examiner) recallCAs(ctx context.Context) {
	if e.stored == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, recallLimit)
	defer cancel()
	stored, err := e.stored.CAs(ctx)
	if errors.Is(err, castore.ErrDamaged) {
		e.IO.Note(explain.Error(err).What)
	}
	for _, s := range stored {
		e.cas = append(e.cas, s.Certificate)
		e.kept = append(e.kept, cert.FingerprintOf(s.Certificate))
		if s.Added {
			e.Anchors.Added = append(e.Anchors.Added, cert.FingerprintOf(s.Certificate))
		}
	}
}

// keepCA stores the CA of a certificate, once in a run.
func (e *Examiner) keepCA(ctx context.Context, ca *x509.Certificate) {
	f := cert.FingerprintOf(ca)
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.kept, f) {
		e.kept = append(e.kept, f)
		if e.remembers && e.stored != nil {
			KeepCAs(ctx, e.stored, e.now(), ca)
		}
	}
}

// recallLimit is how long another program that has the store is waited for: it
// is a convenience.
const recallLimit = time.Second

// KeepCAs stores the certificates of pinned CAs from a card or a signature, for
// later signatures that come without. It is only a convenience, and ignores
// errors.
func KeepCAs(ctx context.Context, store *castore.Store, now time.Time, certificates ...*x509.Certificate) {
	ctx, cancel := context.WithTimeout(ctx, recallLimit)
	defer cancel()
	_ = store.Keep(ctx, now, certificates...)
}

// isAddress reports an address of any scheme, as opposed to a file's name.
func isAddress(s string) bool { return strings.Contains(s, "://") }

// checkAddresses refuses sources that cannot be asked. An address with a password
// in it is refused without being repeated.
func (o *Options) checkAddresses() error {
	if o.OCSP != "" && o.OCSP != ocspFromCertificate {
		err := fetch.Request{Address: o.OCSP}.Check()
		if errors.Is(err, fetch.ErrPassword) {
			return passwordInAddress("--ocsp")
		}
		if err != nil {
			return problem.Misuse(text{JA: "--ocsp は http:// か https:// で始まるURL、または aia です。", EN: "--ocsp is a URL with http:// or https://, or aia."})
		}
	}
	for _, from := range o.CRLs {
		if !isAddress(from) {
			continue
		}
		err := fetch.Request{Address: from}.Check()
		if errors.Is(err, fetch.ErrPassword) {
			return passwordInAddress("--crl")
		}
		if err != nil {
			return problem.Misuse(text{JA: "--crl は、ファイルか、http:// か https:// で始まるURLです。", EN: "--crl is a file, or a URL with http:// or https://."})
		}
	}
	return nil
}

func passwordInAddress(option string) error {
	return problem.Misuse(text{
		JA: "%sのアドレスに、ユーザー名やパスワードを書かないでください。ほかのプログラムや履歴から読めてしまいます。",
		EN: "The address of %s must not hold a user name or password: other programs and the history can read it.",
	}.With(option))
}

// SourceShown is the value of an option that names a source, as it may be
// written down.
func SourceShown(s string) string {
	if isAddress(s) {
		return fetch.Shown(s)
	}
	return s
}

// readCRLs reads the lists of a file, PEM or DER.
func readCRLs(ctx context.Context, path string) ([]*trust.CRL, error) {
	data, err := input.ReadSmall(ctx, path, trust.MaxCRLSize+1)
	if err != nil {
		return nil, err
	}
	lists, err := trust.ParseCRLs(data)
	if err != nil {
		return nil, problem.New(problem.Input,
			text{JA: "「%s」は失効リスト(CRL)として使えません: %s。", EN: "%s cannot be used as a revocation list (CRL): %s."}.With(path, RevocationErrorText(err)),
			text{JA: "認証局が署名した完全なCRLを、PEMかDERで指定してください。", EN: "Give a complete CRL signed by the CA, in PEM or DER."}).Because(err)
	}
	return lists, nil
}

// Examine judges the certificate of an end entity. others came along with it.
func (e *Examiner) Examine(ctx context.Context, c *x509.Certificate, others []*x509.Certificate, want cert.Kind, at trust.Moment, proofs ...proof) trust.Verdict {
	v := e.Anchors.Check(c, slices.Concat(others, e.cas), want, at)
	if v.Issuer.Standing == trust.Pinned && len(v.Chain) > 1 {
		e.keepCA(ctx, v.Chain[1])
	}
	evidence := append(e.evidence(ctx, v.Chain, e.ocsp), evidenceOf(proofs, v.Chain, e.now())...)
	return e.demand(v.WithRevocation(evidence, e.now()))
}

// demand holds a verdict against --require-revocation.
func (e *Examiner) demand(v trust.Verdict) trust.Verdict {
	switch {
	case !e.require || v.Chain == nil:
	case v.Revocation == trust.RevocationNotChecked:
		v = v.With(trust.Reason{Code: trust.TryLater, Err: trust.ErrNotChecked})
	case len(v.UncheckedResponders) > 0:
		v = v.With(trust.Reason{Code: trust.TryLater, Err: trust.ErrResponder})
	}
	return v
}

// evidence asks every source about every certificate of a chain except the
// anchor, and the responder about the first one. The chain must be trusted: the
// program never contacts an address from any other certificate.
func (e *Examiner) evidence(ctx context.Context, chain []*x509.Certificate, responder string) (all []trust.Evidence) {
	for i := range len(chain) - 1 {
		c, ca := chain[i], chain[i+1]
		all = append(all, e.listed(ctx, c, ca)...)
		address := responder
		switch {
		case address == ocspFromCertificate && len(c.OCSPServer) > 0:
			address = c.OCSPServer[0]
		case address == ocspFromCertificate, i > 0:
			continue
		}
		if address != "" {
			all = append(all, e.ask(ctx, address, c, ca))
		}
	}
	return all
}

// listed looks the certificate up in the lists that are about it.
func (e *Examiner) listed(ctx context.Context, c, ca *x509.Certificate) (all []trust.Evidence) {
	for _, s := range e.crls {
		s.once.Do(func() { s.lists, s.err = fetchCRLs(ctx, s.from) })
		if s.err != nil {
			all = append(all, trust.Evidence{Certificate: c, Source: trust.SourceCRL, From: SourceShown(s.from), Err: s.err})
		}
		for _, l := range s.lists {
			if found, applies := l.Check(c, ca); applies {
				found.From, found.DER = SourceShown(s.from), l.DER()
				all = append(all, found)
			}
		}
	}
	return all
}

func fetchCRLs(ctx context.Context, address string) ([]*trust.CRL, error) {
	// Servers use many media types for a list. Its signature identifies it.
	data, err := fetch.Do(ctx, fetch.Request{Address: address})
	if err != nil {
		return nil, err
	}
	return trust.ParseCRLs(data)
}

// ask asks a responder about a certificate, once.
func (e *Examiner) ask(ctx context.Context, address string, c, ca *x509.Certificate) trust.Evidence {
	key := address + "\n" + cert.FingerprintOf(c).String() + cert.FingerprintOf(ca).String()
	e.mu.Lock()
	answer := e.answers[key]
	if answer == nil {
		answer = &ocspAnswer{}
		e.answers[key] = answer
	}
	e.mu.Unlock()
	answer.once.Do(func() {
		found, err := e.fetchOCSP(ctx, address, c, ca)
		if err != nil {
			found = trust.Evidence{Certificate: c, Source: trust.SourceOCSP, Err: err}
		}
		found.From = fetch.Shown(address)
		answer.evidence = found
	})
	return answer.evidence
}

func (e *Examiner) fetchOCSP(ctx context.Context, address string, c, ca *x509.Certificate) (found trust.Evidence, err error) {
	request, err := trust.NewOCSPRequest(c, ca, crypto.SHA1, rand.Reader)
	if err != nil {
		return found, err
	}
	response, err := fetch.Do(ctx, fetch.Request{
		Address: address, Body: request.DER(), Type: trust.OCSPRequestType, Accept: trust.OCSPResponseType,
		Public: e.ocsp == ocspFromCertificate,
	})
	if err != nil {
		return found, err
	}
	found = request.Check(response, e.now())
	found.DER = response
	if found.Responder != nil {
		for _, listed := range e.listed(ctx, found.Responder, ca) {
			switch {
			case listed.State == trust.RevocationRevoked:
				return found, trust.ErrSourceSigner
			case listed.State == trust.RevocationGood && listed.Current(e.now()):
				found.ResponderState = trust.RevocationGood
			}
		}
	}
	return found, nil
}
