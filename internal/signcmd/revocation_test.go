package signcmd

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// TestRevocationRows: if J-LIS's own responder does not answer, the output says
// that this is normal, and names other ways.
func TestRevocationRows(t *testing.T) {
	subject, err := asn1.Marshal(pkix.Name{CommonName: "other CA"}.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{Raw: []byte("the CA's"), RawSubject: subject}
	c := &x509.Certificate{Raw: []byte("the holder's"), OCSPServer: []string{"http://ocsp.example\u202e/ocsp"}}
	failed := trust.Evidence{Certificate: c, Source: trust.SourceOCSP, From: c.OCSPServer[0], Err: &fetch.Error{Address: c.OCSPServer[0], Reason: fetch.ErrNoAnswer}}
	v := trust.Verdict{Issuer: trust.Identity{Standing: trust.Pinned}, Chain: []*x509.Certificate{c, ca}}
	for _, test := range []struct {
		evidence []trust.Evidence
		reasons  []trust.Reason
		want     string
	}{
		{nil, nil, "ask the official client (yukosei kakunin), Mynaportal or the municipal counter"},
		{nil, []trust.Reason{{Code: trust.HashFailure, Err: trust.ErrSignature}}, ""},
		{[]trust.Evidence{failed}, []trust.Reason{{Code: trust.TryLater, Err: failed.Err}}, `http://ocsp.example\u{202E}/ocsp: there is no answer; ` +
			"J-LIS's responder answers registered verifiers only; ask the official client (yukosei kakunin), Mynaportal or the municipal counter"},
		{[]trust.Evidence{{Certificate: ca, Source: trust.SourceCRL, From: "a.crl", Err: trust.ErrStale}}, []trust.Reason{{Code: trust.TryLater, Err: trust.ErrStale}},
			"CN=other CA, a.crl: the revocation information is out of date"},
	} {
		v.Evidence, v.Reasons = test.evidence, test.reasons
		var said []string
		for _, row := range revocationRows(&ui.IO{Lang: i18n.EN}, v, askOwn) {
			said = append(said, row[1])
		}
		if got := strings.Join(said, "; "); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
