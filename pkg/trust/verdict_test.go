package trust

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
)

func TestStatus(t *testing.T) {
	closed := []Code{"FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED", "EXPIRED", "NOT_YET_VALID",
		"CHAIN_CONSTRAINTS_FAILURE", "CERTIFICATE_CHAIN_GENERAL_FAILURE"}
	open := []Code{"NO_SIGNING_CERTIFICATE_FOUND", "NO_CERTIFICATE_CHAIN_FOUND", "SIGNED_DATA_NOT_FOUND", "SIG_CONSTRAINTS_FAILURE",
		"CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "OUT_OF_BOUNDS_NO_POE", "REVOKED_NO_POE", "TRY_LATER", "of no standard"}
	good := Verdict{Issuer: Identity{Standing: Pinned}, Revocation: RevocationGood}
	for _, c := range closed {
		if got := good.With(Reason{Code: c}).Status(); got != Invalid {
			t.Errorf("%s: %s", c, got)
		}
		// Revoked, and everything else that decides, beats what leaves open.
		for _, o := range open {
			if got := good.With(Reason{Code: o}, Reason{Code: c}).Status(); got != Invalid {
				t.Errorf("%s after %s: %s", c, o, got)
			}
		}
	}
	for _, c := range open {
		if got := good.With(Reason{Code: c}).Status(); got != Indeterminate {
			t.Errorf("%s: %s", c, got)
		}
	}
}

func TestStatusWithoutReasons(t *testing.T) {
	for _, test := range []struct {
		standing   Standing
		revocation Revocation
		want       Status
	}{
		{Pinned, RevocationGood, "valid"},
		{Pinned, RevocationNotApplicable, "valid"},
		{Pinned, RevocationNotChecked, "valid-revocation-unchecked"},
		{Added, RevocationNotChecked, "valid-revocation-unchecked"},
		{Demo, RevocationNotChecked, "valid-revocation-unchecked"},
		{Unknown, RevocationGood, "indeterminate"},
		{NotJPKI, RevocationGood, "indeterminate"},
	} {
		v := Verdict{Issuer: Identity{Standing: test.standing}, Revocation: test.revocation}
		if got := v.Status(); got != test.want {
			t.Errorf("%v, revocation %v: %s", test.standing, test.revocation, got)
		}
	}
	if got := (Verdict{}).Status(); got != Indeterminate {
		t.Errorf("the zero Verdict is %s", got)
	}
}

func TestWithLeavesTheVerdictAlone(t *testing.T) {
	v := Verdict{Reasons: make([]Reason, 0, 4)} // room that both could write into
	v.Reasons = append(v.Reasons, Reason{Code: TryLater})
	one, two := v.With(Reason{Code: Revoked}), v.With(Reason{Code: HashFailure})
	if len(v.Reasons) != 1 || one.Reasons[1].Code != Revoked || two.Reasons[1].Code != HashFailure {
		t.Errorf("%v, %v, %v", v, one, two)
	}
}

func TestReason(t *testing.T) {
	r := Reason{Code: Expired, Err: ErrExpired, CA: true}
	if !errors.Is(r, ErrExpired) || errors.Is(r, ErrSignature) {
		t.Error("errors.Is does not see into a Reason")
	}
	if got, want := r.Error(), "EXPIRED: the CA's certificate: its validity had ended"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.CA = false
	if got, want := r.Error(), "EXPIRED: its validity had ended"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// coded is an error as the formats give them.
type coded string

func (c coded) Error() string       { return "wrong: " + string(c) }
func (c coded) SubIndication() Code { return Code(c) }

func TestReasonsOf(t *testing.T) {
	uncoded := errors.New("never verified")
	for _, test := range []struct {
		err  error
		want []Code
	}{
		{nil, nil},
		{errors.Join(), nil},
		{coded("HASH_FAILURE"), []Code{HashFailure}},
		{fmt.Errorf("field 1: %w", coded("HASH_FAILURE")), []Code{HashFailure}},
		{fmt.Errorf("field 1: %w", errors.Join(coded("HASH_FAILURE"), coded("FORMAT_FAILURE"))), []Code{HashFailure, FormatFailure}},
		{uncoded, []Code{Generic}},
		{errors.Join(uncoded, fmt.Errorf("%w, %w", coded("REVOKED"), uncoded)), []Code{Generic, Revoked, Generic}},
	} {
		var got []Code
		for _, r := range ReasonsOf(test.err) {
			got = append(got, r.Code)
			if !errors.Is(test.err, r.Err) {
				t.Errorf("%v: the reason %v is not in it", test.err, r)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
	// A signature nobody verified is not good, whoever issued its certificate.
	good := Verdict{Issuer: Identity{Standing: Pinned}, Revocation: RevocationGood}
	if got := good.With(ReasonsOf(uncoded)...).Status(); got != Indeterminate {
		t.Errorf("not verified: %s", got)
	}
}

// A failure of a format has its own name in a verdict.
func TestReasonOfFailure(t *testing.T) {
	if r := ReasonsOf(&cms.Failure{Code: cms.HashFailure}); len(r) != 1 || r[0].Code != HashFailure {
		t.Errorf("%v", r)
	}
}

// A signature that came without its certificate is judged, too.
func TestCheckNothing(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	for _, a := range []Anchors{{}, trusting(ca), {Demo: true, Given: cas(ca)}} {
		if v := a.Check(nil, cas(ca), cert.Sign, unproven); v.Status() != Indeterminate || v.Chain != nil || v.At != unproven {
			t.Errorf("%+v", v)
		}
	}
}

func TestRevocationNames(t *testing.T) {
	for r, want := range map[Revocation]string{RevocationNotChecked: "not-checked", RevocationGood: "good", RevocationNotApplicable: "not-applicable"} {
		if r.String() != want {
			t.Errorf("%d is %v", r, r)
		}
	}
}
