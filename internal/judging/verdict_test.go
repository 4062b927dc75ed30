package judging

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// fromBestToWorst are the codes that a file can have. A file that could not be
// checked must not hide one that is invalid or undecided.
var fromBestToWorst = []problem.Code{"", problem.Attention, problem.Failed, problem.Undecided, problem.Invalid}

func TestWorse(t *testing.T) {
	t.Parallel()
	for i, a := range fromBestToWorst {
		for j, b := range fromBestToWorst {
			if got, want := Worse(a, b), fromBestToWorst[max(i, j)]; got != want {
				t.Errorf("%q and %q: %q, not %q", a, b, got, want)
			}
		}
	}
}

// trustedVerdict is a verdict without reasons against the certificate.
func trustedVerdict(r trust.Revocation, reasons ...trust.Reason) trust.Verdict {
	return trust.Verdict{Issuer: trust.Identity{Standing: trust.Pinned}, Revocation: r}.With(reasons...)
}

func reason(c trust.Code) trust.Reason { return trust.Reason{Code: c, Err: errors.New("a reason")} }

// TestExitOfReason: which reasons decide (8), and which leave it open (9).
func TestExitOfReason(t *testing.T) {
	t.Parallel()
	for code, want := range map[trust.Code]int{
		trust.FormatFailure: 8, trust.HashFailure: 8, trust.SigCryptoFailure: 8, trust.Revoked: 8,
		trust.Expired: 8, trust.NotYetValid: 8, trust.ChainConstraintsFailure: 8, trust.CertificateChainGeneralFailure: 8,

		trust.SigConstraintsFailure: 9, trust.CryptoConstraintsFailure: 9, trust.CryptoConstraintsFailureNoPOE: 9,
		trust.NoSigningCertificateFound: 9, trust.NoCertificateChainFound: 9, trust.SignedDataNotFound: 9, trust.Generic: 9,
		trust.OutOfBoundsNoPOE: 9, trust.RevokedNoPOE: 9, trust.RevokedCANoPOE: 9, trust.TryLater: 9,
	} {
		if got := exit(FileVerdict{Signatures: []SignatureVerdict{{Verdict: trustedVerdict(trust.RevocationGood, reason(code))}}}); got != want {
			t.Errorf("%s: exit status %d, not %d", code, got, want)
		}
	}
}

// exit is the exit status for a file; 0 without a code against it.
func exit(v FileVerdict) int {
	if code := v.Code(); code != "" {
		return problem.Quiet(code).Exit()
	}
	return 0
}

func TestExitOfFile(t *testing.T) {
	t.Parallel()
	good := SignatureVerdict{Found: Found{Role: roleSignature}, Verdict: trustedVerdict(trust.RevocationGood)}
	with := func(change func(*SignatureVerdict)) SignatureVerdict {
		s := good
		change(&s)
		return s
	}
	of := func(r Role, reasons ...trust.Reason) SignatureVerdict {
		return SignatureVerdict{Found: Found{Role: r}, Verdict: trustedVerdict(trust.RevocationGood, reasons...)}
	}
	invalid, open := reason(trust.HashFailure), reason(trust.NoCertificateChainFound)
	shown := with(func(s *SignatureVerdict) { s.More = true })
	altered := with(func(s *SignatureVerdict) { s.Altered = true })
	for name, c := range map[string]struct {
		FileVerdict
		want   int
		status trust.Status
	}{
		"good":                              {FileVerdict{Signatures: []SignatureVerdict{good}}, 0, trust.Valid},
		"revocation unchecked":              {FileVerdict{Signatures: []SignatureVerdict{{Verdict: trustedVerdict(trust.RevocationNotChecked)}}}, 0, trust.ValidRevocationUnchecked},
		"one of two unchecked":              {FileVerdict{Signatures: []SignatureVerdict{{Verdict: trustedVerdict(trust.RevocationNotChecked)}, good}}, 0, trust.ValidRevocationUnchecked},
		"revocation unknown":                {FileVerdict{Signatures: []SignatureVerdict{{Verdict: trustedVerdict(trust.RevocationUnknown)}}}, 9, trust.Indeterminate},
		"nobody judged":                     {FileVerdict{Signatures: []SignatureVerdict{{}}}, 9, trust.Indeterminate},
		"invalid before open":               {FileVerdict{Signatures: []SignatureVerdict{of(roleSignature, invalid), of(roleSignature, open)}}, 8, trust.Invalid},
		"open before good":                  {FileVerdict{Signatures: []SignatureVerdict{of(roleSignature, open), good}}, 9, trust.Indeterminate},
		"counter-signature":                 {FileVerdict{Signatures: []SignatureVerdict{with(func(s *SignatureVerdict) { s.Counter = []SignatureVerdict{of(RoleCounter, invalid)} })}}, 8, trust.Invalid},
		"timestamp not believed, beside":    {FileVerdict{Signatures: []SignatureVerdict{good, of(RoleTimestamp, open)}}, 0, trust.Valid},
		"timestamp not believed, alone":     {FileVerdict{Signatures: []SignatureVerdict{of(RoleTimestamp, open)}}, 9, trust.Indeterminate},
		"timestamp over something else":     {FileVerdict{Signatures: []SignatureVerdict{good, of(RoleTimestamp, invalid)}}, 8, trust.Invalid},
		"embedded, beside":                  {FileVerdict{Signatures: []SignatureVerdict{good, of(RoleEmbedded, invalid)}}, 0, trust.Valid},
		"embedded, alone":                   {FileVerdict{Signatures: []SignatureVerdict{of(RoleEmbedded, invalid)}}, 8, trust.Invalid},
		"more is shown":                     {FileVerdict{Signatures: []SignatureVerdict{shown}}, 7, trust.Valid},
		"more is shown, and open":           {FileVerdict{Signatures: []SignatureVerdict{shown, of(roleSignature, open)}}, 9, trust.Indeterminate},
		"more is shown, and altered":        {FileVerdict{Signatures: []SignatureVerdict{shown, altered}}, 8, trust.Valid},
		"altered":                           {FileVerdict{Signatures: []SignatureVerdict{altered}}, 8, trust.Valid},
		"somebody missing":                  {FileVerdict{Signatures: []SignatureVerdict{good}, Missing: []string{"山田 太郎"}}, 8, trust.Valid},
		"somebody missing, and open":        {FileVerdict{Signatures: []SignatureVerdict{of(roleSignature, open)}, Missing: []string{"山田 太郎"}}, 8, trust.Indeterminate},
		"condition not met":                 {FileVerdict{Signatures: []SignatureVerdict{with(func(s *SignatureVerdict) { s.Checklist = []checklist.Item{{Answer: pdfsig.NotMet}} })}}, 8, trust.Valid},
		"condition met":                     {FileVerdict{Signatures: []SignatureVerdict{with(func(s *SignatureVerdict) { s.Checklist = []checklist.Item{{Answer: pdfsig.Met}} })}}, 0, trust.Valid},
		"no signature":                      {FileVerdict{Err: noSignature("a.pdf")}, 8, ""},
		"not to be read":                    {FileVerdict{Err: errors.New("disk")}, 1, ""},
		"wrongly used, with others checked": {FileVerdict{Err: hasContent("a.pdf")}, 1, ""},
	} {
		if got := exit(c.FileVerdict); got != c.want {
			t.Errorf("%s: exit status %d, not %d", name, got, c.want)
		}
		if got := c.Status(); got != c.status {
			t.Errorf("%s: %q, not %q", name, got, c.status)
		}
	}
}

// TestExitOfChanges: what later changes to a PDF do to a genuine signature.
func TestExitOfChanges(t *testing.T) {
	t.Parallel()
	update := trust.Reason{Code: trust.Generic, Err: &pdfsig.UpdateError{Rule: "bytes"}}
	one := func(c pdfsig.Change) pdfsig.Changes { return pdfsig.Changes{c} }
	signed := pdfsig.Change{Kind: pdfsig.ChangeSignatureShown, Field: "S2", Shown: true}
	changed := trust.Reason{Code: trust.FormatFailure, Err: pdfsig.ErrChangedLater}
	for name, c := range map[string]struct {
		Found
		later             []trust.Reason // against the second signature
		want, ifUnchanged int            // without and with Examiner.Unchanged
	}{
		"nothing":                          {Found{}, nil, 0, 0},
		"a timestamp":                      {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeTimestamp})}, nil, 0, 0},
		"a form, hidden":                   {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeForm}), Changed: true}, nil, 0, 8},
		"a form, shown":                    {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeForm, Shown: true}), Changed: true}, nil, 7, 8},
		"an annotation":                    {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeAnnotation, Shown: true}), Changed: true}, nil, 7, 8},
		"content":                          {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeContent, Shown: true}), Changed: true, reasons: []trust.Reason{changed}}, nil, 8, 8},
		"it cannot be told what":           {Found{Changed: true, reasons: []trust.Reason{update}}, nil, 9, 9},
		"a genuine signature that shows":   {Found{Changes: one(signed), Changed: true}, nil, 0, 8},
		"an open signature that shows":     {Found{Changes: one(signed), Changed: true}, []trust.Reason{reason(trust.TryLater)}, 9, 8},
		"a false signature that shows":     {Found{Changes: one(signed), Changed: true}, []trust.Reason{reason(trust.HashFailure)}, 8, 8},
		"a signature of another field":     {Found{Changes: one(pdfsig.Change{Kind: pdfsig.ChangeSignatureShown, Field: "S3", Shown: true}), Changed: true}, nil, 7, 8},
		"a document timestamp is nobody's": {Found{Role: RoleTimestamp, Changed: true}, nil, 0, 0},
	} {
		for unchanged, want := range map[bool]int{false: c.want, true: c.ifUnchanged} {
			// Two signatures, as JudgeFile has them once the chains are judged.
			v := FileVerdict{Signatures: []SignatureVerdict{
				{Found: c.Found, Verdict: trustedVerdict(trust.RevocationGood, c.reasons...)},
				{Found: Found{Where: "S2"}, Verdict: trustedVerdict(trust.RevocationGood, c.later...)},
			}}
			(&Examiner{Unchanged: unchanged}).judgeChanges(v)
			if got := exit(v); got != want {
				t.Errorf("%s (unchanged wanted: %v): exit status %d, not %d", name, unchanged, got, want)
			}
		}
	}
}

// TestIssuerAlone: the note that only the CA is missing must not stand where
// anything else is wrong.
func TestIssuerAlone(t *testing.T) {
	t.Parallel()
	stranger := trust.Reason{Code: trust.NoCertificateChainFound, Err: fmt.Errorf("chain: %w", trust.ErrNotJPKI)}
	notGiven := trust.Reason{Code: trust.NoCertificateChainFound, Err: trust.ErrNotGiven}
	for name, c := range map[string]struct {
		reasons []trust.Reason
		want    bool
	}{
		"nothing":        {nil, false},
		"not JPKI":       {[]trust.Reason{stranger}, true},
		"not given":      {[]trust.Reason{notGiven}, true},
		"and more":       {[]trust.Reason{stranger, reason(trust.HashFailure)}, false},
		"something else": {[]trust.Reason{reason(trust.Expired)}, false},
	} {
		if got := (SignatureVerdict{Verdict: trust.Verdict{Reasons: c.reasons}}).issuerAlone(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
