package cms

import (
	"crypto"
	"testing"
	"time"
)

func TestWithoutTime(t *testing.T) {
	signing := fixture().rsa.signing(crypto.SHA256)
	signing.WithoutTime, signing.Time = true, time.Time{}
	r := verified(t, signing.must(t, content), content)
	if err := r.Err(); err != nil || !r[0].SigningTime.IsZero() || !r[0].CertificateSigned {
		t.Errorf("%v, signing time %v", err, r[0].SigningTime)
	}
	for _, a := range r[0].Signer.Signed {
		if a.Type == oidSigningTime {
			t.Error("there is a signingTime attribute")
		}
	}
}
