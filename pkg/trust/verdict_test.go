package trust

import (
	"errors"
	"testing"
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

func TestRevocationNames(t *testing.T) {
	for r, want := range map[Revocation]string{RevocationNotChecked: "not-checked", RevocationGood: "good", RevocationNotApplicable: "not-applicable"} {
		if r.String() != want {
			t.Errorf("%d is %v", r, r)
		}
	}
}
