package trust

import (
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

func TestPins(t *testing.T) {
	var ids []string
	for _, p := range append(Pins(), DemoPins()...) {
		ids = append(ids, p.ID)
		if raw, err := hex.DecodeString(p.SubjectKeyID); err != nil || len(raw) != 20 || p.SubjectKeyID != strings.ToUpper(p.SubjectKeyID) {
			t.Errorf("%s: key identifier %s", p.ID, p.SubjectKeyID)
		}
		if !strings.Contains(p.ID, p.Kind.Issues().String()) || !p.Kind.IsCA() {
			t.Errorf("%s is a %s", p.ID, p.Kind)
		}
		if !p.Validity.Contains(p.Validity.NotAfter) || p.Validity.NotAfter.In(cert.JST).Format(time.TimeOnly) != "23:59:59" {
			t.Errorf("%s is valid %v", p.ID, p.Validity)
		}
	}
	if want := []string{"sign-01", "sign-02", "sign-03", "auth-01", "auth-02", "auth-03", "demo-sign", "demo-auth"}; !slices.Equal(ids, want) {
		t.Errorf("pins %v, want %v", ids, want)
	}
}

// A new generation begins while the one before is still valid.
func TestGenerationsOverlap(t *testing.T) {
	all := Pins()
	for i, p := range all[1:] {
		before := all[i]
		switch {
		case p.Kind != before.Kind && p.Generation != 1:
			t.Errorf("%s is the first of its kind", p.ID)
		case p.Kind == before.Kind && (p.Generation != before.Generation+1 || !before.Validity.Contains(p.Validity.NotBefore)):
			t.Errorf("%s does not follow %s", p.ID, before.ID)
		}
	}
}

func TestPinsCannotBeChanged(t *testing.T) {
	Pins()[0].Fingerprint, DemoPins()[0].Fingerprint = cert.Fingerprint{}, cert.Fingerprint{}
	if Pins()[0].Fingerprint == (cert.Fingerprint{}) || DemoPins()[0].Fingerprint == (cert.Fingerprint{}) {
		t.Error("whoever asks for the pins can change them")
	}
}

func TestOfficialPage(t *testing.T) {
	if s, a := OfficialPage(cert.SignCA), OfficialPage(cert.AuthCA); !strings.HasPrefix(s, "https://www.jpki.go.jp/") ||
		!strings.HasPrefix(a, "https://www.jpki.go.jp/") || s == a || OfficialPage(cert.Sign) != "" {
		t.Errorf("%q, %q, %q", s, a, OfficialPage(cert.Sign))
	}
}

// pinned puts a CA of the tests among the pins: the certificates behind the
// real ones are not here.
func pinned(t *testing.T, table *[]Pin, ca authority) Pin {
	t.Helper()
	before := *table
	t.Cleanup(func() { *table = before })
	p := Pin{ID: "test-07", Kind: ca.kind, Generation: 7, Fingerprint: cert.FingerprintOf(ca.cert)}
	*table = append(slices.Clone(before), p)
	return p
}

func TestIdentify(t *testing.T) {
	real, demo := newAuthority(t, cert.SignCA, 1, nil), newAuthority(t, cert.AuthCA, 2, nil)
	added, unknown := newAuthority(t, cert.SignCA, 3, nil), newAuthority(t, cert.SignCA, 4, nil)
	foreign := newAuthority(t, cert.SignCA, 5, func(c *x509.Certificate) { c.RawSubject = caName(t, "Example", "Example") })
	pin, demoPin := pinned(t, &pins, real), pinned(t, &demoPins, demo)
	a := trusting(added, foreign, demo)

	for what, test := range map[string]struct {
		ca   authority
		want Identity
		name string
	}{
		"pinned":                     {real, Identity{Pinned, pin}, "pinned"},
		"added":                      {added, Identity{Standing: Added}, "added"},
		"unknown":                    {unknown, Identity{Standing: Unknown}, "unknown"},
		"not of JPKI, even if added": {foreign, Identity{}, "not-jpki"},
		"demo, even if added":        {demo, Identity{Demo, demoPin}, "demo"},
	} {
		if got := a.Identify(test.ca.cert); got != test.want || got.Standing.String() != test.name {
			t.Errorf("%s: %v", what, got)
		}
	}
	if got := a.Identify(real.issue(nil)); got.Standing != NotJPKI {
		t.Errorf("a holder's certificate is %v", got)
	}

	expect(t, "issued by a pinned CA", Anchors{}.Check(real.issue(nil), cas(real), cert.Sign, proven), ValidRevocationUnchecked)
	refused := Reason{Code: NoCertificateChainFound, Err: ErrDemoCA}
	expect(t, "issued by a demo CA", a.Check(demo.issue(nil), cas(demo), cert.Auth, proven), Indeterminate, refused)
	expect(t, "demo CA", a.CheckCA(demo.cert, proven), Indeterminate, refused)
	v := Anchors{Demo: true}.Check(demo.issue(nil), cas(demo), cert.Auth, proven)
	expect(t, "issued by a demo CA that is believed", v, ValidRevocationUnchecked)
	if v.Issuer != (Identity{Demo, demoPin}) {
		t.Errorf("the verdict hides the demo: %v", v.Issuer)
	}
}
