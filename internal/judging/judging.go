// Package judging finds the signatures of files and judges them: it puts
// together the result of the format, the chain of the signer's certificate, and
// the sources of revocation.
package judging

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

type text = i18n.Text

// FileVerdict is the verdict about one file.
type FileVerdict struct {
	File       string // as it is shown
	Path       string // on disk
	Signatures []SignatureVerdict
	Notes      []text
	Missing    []string // of those who must have signed, as they were named
	Err        error    // the file could not be checked at all
}

// SignatureVerdict is the verdict about one signature of a file.
type SignatureVerdict struct {
	Found
	Verdict   trust.Verdict
	Holder    *cert.Holder // nil where the certificate names none
	Proven    time.Time    // when it existed, by a trusted timestamp
	Counter   []SignatureVerdict
	Checklist []checklist.Item // with --profile
	More      bool             // is shown than when it was signed
	Altered   bool             // something was added, and Examiner.Unchanged forbids it
}

// Code is the most serious reason against a file: first invalid, then
// undecided, then a file that could not be checked. It is "" if there is none.
func (v FileVerdict) Code() (code problem.Code) {
	if v.Err != nil {
		if p := explain.Error(v.Err); p.Code == problem.Invalid {
			return problem.Invalid
		}
		return problem.Failed
	}
	switch v.Status() {
	case trust.Invalid:
		return problem.Invalid
	case trust.Indeterminate:
		code = problem.Undecided
	}
	for _, s := range v.Signatures {
		if checklist.Unmet(s.Checklist) > 0 || s.Altered {
			return problem.Invalid
		}
		if s.More && code == "" {
			code = problem.Attention
		}
	}
	if len(v.Missing) > 0 {
		code = problem.Invalid
	}
	return code
}

// severity orders the codes of files for the exit status of many.
var severity = map[problem.Code]int{problem.Attention: 1, problem.Failed: 2, problem.Undecided: 3, problem.Invalid: 4}

// Worse is the more serious of two codes.
func Worse(a, b problem.Code) problem.Code {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

var statusSeverity = map[trust.Status]int{trust.Valid: 1, trust.ValidRevocationUnchecked: 2, trust.Indeterminate: 3, trust.Invalid: 4}

// Status is the worst status among a file's signatures. If a person has signed
// the document, it leaves out embedded signatures, and document timestamps
// without a clear verdict: a sound timestamp of an untrusted authority is
// simply not used.
func (v FileVerdict) Status() (worst trust.Status) {
	for _, s := range v.Signatures {
		status := s.status()
		if v.signed() && (s.Role == RoleTimestamp && status == trust.Indeterminate || s.Role == RoleEmbedded) {
			continue
		}
		if statusSeverity[status] > statusSeverity[worst] {
			worst = status
		}
	}
	return worst
}

// signed reports whether there is a signature of somebody on this document.
func (v FileVerdict) signed() bool {
	return slices.ContainsFunc(v.Signatures, func(s SignatureVerdict) bool { return s.Role != RoleTimestamp && s.Role != RoleEmbedded })
}

// status is the worst status of a signature and its counter-signatures.
func (s SignatureVerdict) status() trust.Status {
	worst := s.Verdict.Status()
	for _, c := range s.Counter {
		if status := c.status(); statusSeverity[status] > statusSeverity[worst] {
			worst = status
		}
	}
	return worst
}

func (e *Examiner) JudgeFile(ctx context.Context, f FileFinding, p checklist.Profile) FileVerdict {
	v := FileVerdict{File: f.file, Path: f.path, Notes: f.notes, Err: f.err}
	known := doubts{}
	for _, s := range f.signatures {
		v.Signatures = append(v.Signatures, e.judgeAll(ctx, s, p, known))
	}
	if v.Err == nil && (len(v.Signatures) == 0 || p != "" && !v.signed()) {
		v.Err = noSignature(f.file)
	}
	e.judgeChanges(v)
	return v
}

// judgeChanges marks the signatures after which more is shown, or something was
// added that must not have been.
func (e *Examiner) judgeChanges(v FileVerdict) {
	for i, s := range v.Signatures {
		v.Signatures[i].More = v.showsMore(s)
		v.Signatures[i].Altered = e.Unchanged && s.alteredLater()
	}
}

// judgeAll judges a signature and its counter-signatures.
func (e *Examiner) judgeAll(ctx context.Context, f Found, p checklist.Profile, known doubts) SignatureVerdict {
	if f.Role == RoleTimestamp {
		return e.judgeTimestamp(ctx, f, known)
	}
	v := e.judge(ctx, f, known)
	for _, c := range f.counter {
		v.Counter = append(v.Counter, e.judgeAll(ctx, c, p, known))
	}
	if p != "" && f.asked != nil {
		subject := *f.asked
		subject.Certificate, subject.Verdict, subject.Now = v.Cert, v.Verdict, e.now()
		v.Checklist = p.For(subject)
	}
	return v
}

func noSignature(path string) error {
	return problem.New(problem.Invalid,
		text{JA: "「%s」に署名はありません。", EN: "There is no signature in %s."}.With(path),
		text{JA: "署名されたファイルか、分離署名のファイル(.p7s)を指定してください。", EN: "Name the signed file, or the file of a detached signature (.p7s)."})
}

// judge joins the reasons of the signature and those of the chain.
func (e *Examiner) judge(ctx context.Context, f Found, known doubts) SignatureVerdict {
	if e.Anchors.Demo && f.Form != xmlsig.ProfileNone {
		// These forms carry only the signer's certificate, and this
		// computer does not remember the CAs of demo cards.
		sign, _ := virtualcard.DemoCAs()
		f.certs = append(f.certs, sign.Certificate)
	}
	v := SignatureVerdict{Found: f}
	var proofs []proof
	v.Proven, proofs = e.judgeStamps(ctx, f, known)
	if f.Cert != nil {
		at := trust.Moment{Time: e.now(), Claimed: f.Claimed}
		if !v.Proven.IsZero() {
			at = trust.Moment{Time: v.Proven, Proven: true, Latest: true, Claimed: f.Claimed}
		}
		v.Verdict = e.Examine(ctx, f.Cert, f.certs, cert.Any, at, proofs...)
		if h, err := cert.HolderOf(f.Cert); err == nil || errors.Is(err, cert.ErrHolderMalformed) {
			v.Holder = &h
		}
	}
	v.Verdict = v.Verdict.With(f.reasons...)
	if !e.AnyKey {
		v.Verdict = v.Verdict.With(trust.CheckPurpose(f.Cert)...)
	}
	if f.Form != xmlsig.ProfileNone && v.issuerAlone() {
		v.Found.Notes = append(v.Found.Notes, text{
			JA: "署名されたものは変わっておらず、署名はこの証明書の鍵のものです。足りないのは、発行した認証局を信頼する指定(--ca)だけです",
			EN: "what is signed is unchanged, and the signature is one of this certificate's key: all that is missing is its CA, to be trusted (--ca)",
		})
	}
	return v
}

// issuerAlone reports a signature with one kind of fault only: the signer's CA
// is not trusted.
func (v SignatureVerdict) issuerAlone() bool {
	return len(v.Verdict.Reasons) > 0 && !slices.ContainsFunc(v.Verdict.Reasons, func(r trust.Reason) bool {
		return !errors.Is(r.Err, trust.ErrNotJPKI) && !errors.Is(r.Err, trust.ErrNotGiven)
	})
}

// Timestamps are all there is to show: of a document timestamp, itself.
func (s SignatureVerdict) Timestamps() []Stamp {
	if s.itself == nil || s.itself.Err != nil {
		return s.stamps
	}
	return append(s.stamps[:len(s.stamps):len(s.stamps)], *s.itself)
}

// judgeTimestamp judges a document timestamp: its authority is not one of
// JPKI's certificates, but one under --tsa-ca.
func (e *Examiner) judgeTimestamp(ctx context.Context, f Found, known doubts) SignatureVerdict {
	v := SignatureVerdict{Found: f}
	v.Verdict = v.Verdict.With(f.reasons...)
	if len(v.Verdict.Reasons) > 0 {
		return v
	}
	existed, proofs := e.judgeStamps(ctx, f, known)
	if existed.IsZero() {
		existed = e.now()
	}
	found := known.of(ctx, e, *f.itself, existed, proofs)
	if f.itself.take(found); f.itself.Doubt != nil {
		v.Verdict = v.Verdict.With(*f.itself.Doubt)
		return v
	}
	if found.Revocation == trust.RevocationGood {
		v.Verdict = found.Verdict
	}
	v.Verdict.Issuer.Standing = trust.Given
	v.Proven = f.itself.Time
	return v
}

// judgeStamps decides which timestamps of a signature are trusted, and returns
// the earliest time that one of them proves. A trusted timestamp over earlier
// ones proves their age, and the age of the revocation data under it. Therefore
// the last one is judged first.
func (e *Examiner) judgeStamps(ctx context.Context, f Found, known doubts) (proven time.Time, proofs []proof) {
	stamps, existed := f.stamps, e.now()
	proofs = []proof{{stored: f.stored.with(f.signed)}}
	for i := len(stamps) - 1; i >= 0; i-- {
		s := &stamps[i]
		if s.take(known.of(ctx, e, *s, existed, proofs)); s.Doubt != nil {
			continue
		}
		if s.Archive {
			proofs = append(proofs, proof{s.stored, s.Time})
		}
		if f.signed != nil {
			proofs = append(proofs, proof{f.signed, s.Time}) // a timestamp over the signature also covers its signed part
		}
		if proven.IsZero() || s.Time.Before(proven) {
			proven = s.Time
		}
		if s.Archive && s.Time.Before(existed) {
			existed = s.Time
		}
	}
	return proven, proofs
}

// doubts are the timestamps of a file that were judged: each document timestamp
// is one of every signature before it.
type doubts map[doubtKey]authority

type doubtKey struct {
	stamp   *cms.Timestamp
	existed time.Time
	stored  *stored // of the signature
	proofs  int
}

// authority is the verdict on the authority of a timestamp.
type authority struct {
	trust.Verdict
	doubt *trust.Reason // why the timestamp proves nothing; nil if it proves a time
}

// take records the verdict on the authority.
func (s *Stamp) take(a authority) { s.Doubt, s.Revocation = a.doubt, a.Revocation }

func (d doubts) of(ctx context.Context, e *Examiner, s Stamp, existed time.Time, proofs []proof) authority {
	key := doubtKey{s.Timestamp, existed, proofs[0].stored, len(proofs)}
	a, ok := d[key]
	if !ok {
		a = e.judgeAuthority(ctx, s, existed, proofs)
		if s.Timestamp != nil {
			d[key] = a
		}
	}
	return a
}

// judgeAuthority decides whether a timestamp proves a time. existed is a time
// at which the timestamp is already proven to have existed. The timestamp
// proves nothing if it is defective, or if its authority is not among those of
// --tsa-ca, has expired or was revoked. A source of revocation data without an
// answer counts against it only if the caller demands proof.
func (e *Examiner) judgeAuthority(ctx context.Context, s Stamp, existed time.Time, proofs []proof) (a authority) {
	if s.Err != nil {
		a.doubt = &trust.Reason{Code: trust.SigConstraintsFailure, Err: s.Err}
		return a
	}
	responder := e.ocsp
	if responder != ocspFromCertificate { // the signer's
		responder = ""
	}
	v := e.Anchors.CheckTSA(s.By, s.Certificates(), s.Time, existed)
	evidence := append(e.evidence(ctx, v.Chain, responder), evidenceOf(proofs, v.Chain, e.now())...)
	a.Verdict = e.demand(v.WithRevocation(evidence, e.now()))
	for _, r := range a.Reasons {
		if revoked, ok := errors.AsType[*trust.RevokedError](r.Err); ok {
			r.Err = &authorityRevokedError{revoked.Evidence}
		}
		if r.Code != trust.TryLater || e.require {
			a.doubt = &r
			return a
		}
	}
	return a
}
