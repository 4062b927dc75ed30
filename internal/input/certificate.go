package input

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// CertificateFile reads the certificate of a file, PEM or DER.
func CertificateFile(ctx context.Context, path string) (*x509.Certificate, error) {
	data, err := ReadSmall(ctx, path, 4*cert.MaxSize)
	if err != nil {
		return nil, err
	}
	return Certificate(bytes.NewReader(data), path)
}

func Certificate(r io.Reader, name string) (*x509.Certificate, error) {
	data, err := io.ReadAll(io.LimitReader(r, 4*cert.MaxSize))
	if err != nil {
		return nil, err
	}
	if block, _ := pem.Decode(data); block != nil && block.Type == "CERTIFICATE" {
		data = block.Bytes
	}
	c, err := cert.Parse(data)
	if err != nil {
		return nil, notCertificate(name, err)
	}
	return c, nil
}

// Certificates reads all certificates of a PEM file, or the one of a DER
// file.
func Certificates(ctx context.Context, path string) (all []*x509.Certificate, err error) {
	data, err := ReadSmall(ctx, path, 1<<20)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := cert.Parse(block.Bytes)
		if err != nil {
			return nil, notCertificate(path, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		c, err := cert.Parse(data)
		if err != nil {
			return nil, notCertificate(path, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func notCertificate(path string, cause error) error {
	return problem.New(problem.Input,
		text{JA: "「%s」は証明書として読めません。", EN: "%s cannot be read as a certificate."}.With(path),
		text{JA: "PEMかDERのX.509証明書を指定してください。", EN: "Give an X.509 certificate in PEM or DER."}).Because(cause)
}
