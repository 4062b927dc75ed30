package castore

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// Known is a trusted CA: pinned, stored, or both.
type Known struct {
	ID          string
	Kind        cert.Kind
	Standing    trust.Standing
	Validity    cert.Validity
	Serial      string
	KeyID       string
	Fingerprint cert.Fingerprint
	Certificate *x509.Certificate // nil if only the pin is known
	Stored      bool              // the certificate is in the store
}

// pinnedCA is a CA out of the program's table.
func pinnedCA(p trust.Pin, standing trust.Standing) Known {
	return Known{p.ID, p.Kind, standing, p.Validity, p.Serial, p.SubjectKeyID, p.Fingerprint, nil, false}
}

// CertifiedCA is a CA out of its certificate.
func CertifiedCA(c *x509.Certificate, id trust.Identity) Known {
	if id.Pin.ID != "" {
		ca := pinnedCA(id.Pin, id.Standing)
		ca.Certificate = c
		return ca
	}
	f := cert.FingerprintOf(c)
	return Known{
		strings.ToLower(cmp.Or(map[trust.Standing]string{trust.Given: "given-"}[id.Standing], "added-") + f.String()[:8]), cert.KindOf(c), id.Standing, cert.ValidityOf(c),
		cert.Serial(c.SerialNumber), fmt.Sprintf("%X", c.SubjectKeyId), f, c, false,
	}
}

// ListKnown lists the pinned CAs and the added ones, with the certificates that
// are stored.
func ListKnown(ctx context.Context, store *Store) ([]Known, error) {
	stored, err := store.CAs(ctx)
	if err != nil {
		return nil, err
	}
	var all []Known
	for _, kind := range []cert.Kind{cert.SignCA, cert.AuthCA} {
		for _, p := range trust.Pins() {
			if p.Kind == kind {
				all = append(all, pinnedCA(p, trust.Pinned))
			}
		}
		for _, s := range stored {
			if cert.KindOf(s.Certificate) == kind && s.Added {
				all = append(all, CertifiedCA(s.Certificate, trust.Identity{Standing: trust.Added}))
			}
		}
	}
	for i, ca := range all {
		for _, s := range stored {
			if cert.FingerprintOf(s.Certificate) == ca.Fingerprint {
				all[i].Certificate, all[i].Stored = s.Certificate, true
			}
		}
	}
	return all, nil
}
