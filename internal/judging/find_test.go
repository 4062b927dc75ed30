package judging

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/trust"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// signer is somebody with a certificate of a CA.
type signer struct {
	ca, own *x509.Certificate
	key     *ecdsa.PrivateKey
}

func newSigner(t *testing.T) (s signer) {
	t.Helper()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testkit.Must(t, err)
	s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	testkit.Must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "A CA"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, caKey.Public(), caKey)
	testkit.Must(t, err)
	s.ca, err = x509.ParseCertificate(der)
	testkit.Must(t, err)
	template = &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Somebody"}, NotBefore: template.NotBefore, NotAfter: template.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err = x509.CreateCertificate(rand.Reader, template, s.ca, s.key.Public(), caKey)
	testkit.Must(t, err)
	s.own, err = x509.ParseCertificate(der)
	testkit.Must(t, err)
	return s
}

// detached signs a content, as the file of a signature.
func (s signer) detached(t *testing.T, content string) string {
	t.Helper()
	digests, err := cms.HashContent(strings.NewReader(content), crypto.SHA256)
	testkit.Must(t, err)
	p7s, err := cms.Signing{Certificate: s.own, Key: s.key, Hash: crypto.SHA256, Time: now}.Detached(digests.Digest(crypto.SHA256))
	testkit.Must(t, err)
	return string(p7s)
}

// folder writes files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		testkit.Must(t, os.MkdirAll(filepath.Dir(name), 0o700))
		testkit.Must(t, os.WriteFile(name, []byte(content), 0o600))
	}
	return dir
}

func newFinder() *Finder {
	return &Finder{IO: &ui.IO{Out: io.Discard, Err: io.Discard}, Now: func() time.Time { return now }}
}

// TestFindDetached: which content a detached signature is held against, and
// which signatures are those of a file.
func TestFindDetached(t *testing.T) {
	t.Parallel()
	s := newSigner(t)
	e := &Examiner{IO: newFinder().IO, now: func() time.Time { return now }, Anchors: trust.Anchors{Given: []*x509.Certificate{s.ca}}}
	right, other := s.detached(t, "right"), s.detached(t, "other")
	for name, c := range map[string]struct {
		files   map[string]string
		check   string
		content []string
		folder  string
		want    int // exit status
		number  int // of signatures
	}{
		"beside":                    {map[string]string{"a.txt": "right", "a.txt.p7s": right}, "a.txt.p7s", nil, "", 0, 1},
		"beside, changed":           {map[string]string{"a.txt": "changed", "a.txt.p7s": right}, "a.txt.p7s", nil, "", 8, 1},
		"beside, none":              {map[string]string{"a.txt.p7s": right}, "a.txt.p7s", nil, "", 1, 0},
		"named before beside":       {map[string]string{"a.txt": "changed", "b.txt": "right", "a.txt.p7s": right}, "a.txt.p7s", []string{"b.txt"}, "", 0, 1},
		"named, wrong":              {map[string]string{"a.txt": "right", "b.txt": "wrong", "a.txt.p7s": right}, "a.txt.p7s", []string{"b.txt"}, "", 8, 1},
		"two named":                 {map[string]string{"a.txt": "right", "b.txt": "right", "a.txt.p7s": right}, "a.txt.p7s", []string{"a.txt", "b.txt"}, "", 1, 0},
		"folder before beside":      {map[string]string{"a.txt": "changed", "in/a.txt": "right", "a.txt.p7s": right}, "a.txt.p7s", nil, "in", 0, 1},
		"folder without it":         {map[string]string{"a.txt": "right", "in/b.txt": "right", "a.txt.p7s": right}, "a.txt.p7s", nil, "in", 1, 0},
		"another ending":            {map[string]string{"a.txt": "right", "a.txt.sig": right}, "a.txt.sig", nil, "", 1, 0},
		"another ending, named":     {map[string]string{"a.txt": "right", "a.txt.sig": right}, "a.txt.sig", []string{"a.txt"}, "", 0, 1},
		"the file itself":           {map[string]string{"a.txt": "right", "a.txt.p7s": right}, "a.txt", nil, "", 0, 1},
		"the file itself, changed":  {map[string]string{"a.txt": "right", "a.txt.p7s": other}, "a.txt", nil, "", 8, 1},
		"the file itself, alone":    {map[string]string{"a.txt": "right", "b.txt.p7s": right}, "a.txt", nil, "", 8, 0},
		"beside it no signature":    {map[string]string{"a.txt": "right", "a.txt.p7s": "hello"}, "a.txt", nil, "", 8, 0},
		"beside it a folder":        {map[string]string{"a.txt": "right", "a.txt.p7s/x": right}, "a.txt", nil, "", 8, 0},
		"the file itself, a folder": {map[string]string{"a.txt": "right", "in/a.txt": "changed", "a.txt.p7s": right}, "a.txt", nil, "in", 0, 1},
		"of a file that was named":  {map[string]string{"a.txt": "right", "a.txt.p7s": right}, "a.txt", []string{"a.txt"}, "", 8, 0},
	} {
		dir := folder(t, c.files)
		f := newFinder()
		for _, name := range c.content {
			f.Content = append(f.Content, filepath.Join(dir, name))
		}
		if c.folder != "" {
			f.Folder = filepath.Join(dir, c.folder)
		}
		v := e.Find(t.Context(), f, filepath.Join(dir, c.check))
		if got := exit(v); got != c.want || len(v.Signatures) != c.number {
			t.Errorf("%s: exit status %d, not %d, and %d signatures: %v", name, got, c.want, len(v.Signatures), v.Err)
		}
		for _, found := range v.Signatures {
			if found.Role != roleSignature || !found.Cert.Equal(s.own) {
				t.Errorf("%s: %v of %v", name, found.Role, found.Cert.Subject)
			}
		}
	}
}

// TestMissingContent: a content that nobody named is missing; one that somebody
// named wrongly is an error like any other.
func TestMissingContent(t *testing.T) {
	t.Parallel()
	dir := folder(t, nil)
	missing := filepath.Join(dir, "a.txt")
	for name, c := range map[string]struct {
		content []string
		many    bool
		missing bool
		next    string
	}{
		"beside":      {nil, false, true, "with --content."},
		"beside many": {nil, true, true, "--content-dir"},
		"named":       {[]string{missing}, false, false, ""},
	} {
		f := newFinder()
		f.Content, f.Many = c.content, c.many
		_, err := f.hashContent(t.Context(), missing, crypto.SHA256)
		if IsMissingContent(err) != c.missing || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
		if p, ok := problem.As(err); c.missing && (!ok || !strings.Contains(p.Next.EN, c.next)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCompanions: a file that a document's signature is over is the one that was
// named, then that of the named folder, then the one beside it, however its name
// is composed; and none outside these folders.
func TestCompanions(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"named/a.txt": "named", "named/\u304b\u3099.txt": "named が", // as macOS writes が
		"folder/a.txt": "folder", "folder/b.txt": "folder",
		"beside/a.txt": "beside", "beside/b.txt": "beside", "beside/c.txt": "beside",
		"secret.txt": "outside",
	})
	named := []string{filepath.Join(dir, "named", "a.txt"), filepath.Join(dir, "named", "\u304b\u3099.txt")}
	for name, c := range map[string]struct {
		named      []string
		open, want string // "" for none
	}{
		"named":                        {named, "a.txt", "named"},
		"named, in decomposed letters": {named, "\u304c.txt", "named が"},
		"named, in a folder there":     {named, "x/a.txt", "named"},
		"folder":                       {nil, "a.txt", "folder"},
		"folder, not named":            {named, "b.txt", "folder"},
		"beside":                       {named, "c.txt", "beside"},
		"none":                         {named, "d.txt", ""},
		"outside":                      {named, "../secret.txt", ""},
	} {
		inFolder, err := companion.Open(filepath.Join(dir, "folder"))
		testkit.Must(t, err)
		files := companions{ctx: context.Background(), named: c.named, folders: []*companion.Folder{inFolder, companion.At(filepath.Join(dir, "beside"))}}
		got := ""
		if f, err := files.open(c.open); err == nil {
			data, err := io.ReadAll(f)
			testkit.Must(t, err)
			testkit.Must(t, f.Close())
			got = string(data)
		}
		if got != c.want {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
		files.close()
	}
}

// TestNamesSender: every sender of a mail must be named by the certificate.
func TestNamesSender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		certificate, from []string
		want              bool
	}{
		"the same":      {[]string{"a@example.jp"}, []string{"a@example.jp"}, true},
		"another case":  {[]string{"A@Example.jp"}, []string{"a@example.JP"}, true},
		"one of two":    {[]string{"b@example.jp", "a@example.jp"}, []string{"a@example.jp"}, true},
		"another":       {[]string{"b@example.jp"}, []string{"a@example.jp"}, false},
		"and a second":  {[]string{"a@example.jp"}, []string{"a@example.jp", "b@example.jp"}, false},
		"a longer name": {[]string{"a@example.jp"}, []string{"aa@example.jp"}, false},
	} {
		if got := namesSender(c.certificate, c.from); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
