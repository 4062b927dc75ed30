//go:build pcscd

package stacktest

import (
	"bytes"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestBackends shows that the two programs use different ways to PC/SC.
func TestBackends(t *testing.T) {
	each(t, func(t *testing.T, p program) {
		info, err := buildinfo.ReadFile(p.path)
		testkit.Must(t, err)
		uses := func(module string) bool {
			for _, d := range info.Deps {
				if d.Path == module {
					return true
				}
			}
			return false
		}
		scard := p.backend == "scard"
		if uses("github.com/ebfe/scard") != scard || uses("github.com/ebitengine/purego") == scard {
			t.Errorf("built with %v", info.Deps)
		}
	})
}

func TestReaders(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		text := p.run(t, "readers").wantExit(t, 0).stdout
		contains(t, text, "Virtual PCD 00 00  card present\n")
		contains(t, text, "Virtual PCD 00 01  no card\n")
		type readers struct {
			Schema  string
			Readers []struct {
				Name    string
				Present bool `json:"card_present"`
				ATR     string
			}
		}
		doc := decode[readers](t, p.run(t, "readers", "--json").wantExit(t, 0).stdout)
		if doc.Schema != "jpki.readers/v1" || len(doc.Readers) != 2 {
			t.Fatalf("%+v", doc)
		}
		if r := doc.Readers[0]; r.Name != slots[0].reader || !r.Present || r.ATR != "3B88800100000000338181003A" {
			t.Errorf("%+v", r)
		}
		if r := doc.Readers[1]; r.Name != slots[1].reader || r.Present || r.ATR != "" {
			t.Errorf("%+v", r)
		}
	})
}

// statusDocument is the part of jpki.status/v1 that these tests check.
type statusDocument struct {
	Schema       string
	Reader       string
	Demo         bool
	Token        struct{ Kind string }
	Certificates []struct {
		Kind, State string
		LastDay     *string `json:"last_day"`
	}
	PINs []pinDocument
}

type pinDocument struct {
	Key     string
	Left    *int
	Max     int
	Blocked bool
}

func TestStatus(t *testing.T) {
	for persona, want := range map[string]struct {
		token, sign, auth   string
		signTries, authLeft int
	}{
		"adult":       {"card", "needs-pin", "valid", 5, 3},
		"expiring":    {"card", "needs-pin", "renewal-open", 5, 3},
		"expired":     {"card", "needs-pin", "expired", 5, 3},
		"child":       {"card", "absent", "valid", 0, 3},
		"no-pin":      {"card", "absent", "valid", 0, 0},
		"locked-sign": {"card", "needs-pin", "valid", 0, 3},
		"last-try":    {"card", "needs-pin", "valid", 1, 1},
		"android":     {"android", "needs-pin", "needs-pin", 5, 3},
		"foreign":     {"card", "needs-pin", "valid", 5, 3},
	} {
		t.Run(persona, func(t *testing.T) {
			insert(t, persona, virtualcard.Options{})
			each(t, func(t *testing.T, p program) {
				doc := decode[statusDocument](t, p.run(t, "status", "--json").wantExit(t, 0).stdout)
				if doc.Schema != "jpki.status/v1" || doc.Reader != slots[0].reader || doc.Demo {
					t.Errorf("%+v", doc)
				}
				if doc.Token.Kind != want.token || len(doc.Certificates) != 2 || len(doc.PINs) != 2 {
					t.Fatalf("%+v", doc)
				}
				sign, auth := doc.Certificates[0], doc.Certificates[1]
				if sign.Kind != "sign" || sign.State != want.sign || sign.LastDay != nil || auth.Kind != "auth" || auth.State != want.auth {
					t.Errorf("%+v", doc.Certificates)
				}
				if auth.State != "needs-pin" {
					p, _ := virtualcard.Lookup(persona)
					_, last := p.Validity(time.Now())
					if day := last.Format(time.DateOnly); auth.LastDay == nil || *auth.LastDay != day {
						t.Errorf("not the last day %s: %+v", day, auth)
					}
				}
				wantPINs(t, doc.PINs, want.signTries, want.authLeft)
			})
		})
	}
}

// wantPINs checks counters as a JSON document shows them.
func wantPINs(t *testing.T, pins []pinDocument, sign, auth int) {
	t.Helper()
	for i, want := range []struct {
		key       string
		left, max int
	}{{"sign", sign, 5}, {"auth", auth, 3}} {
		p := pins[i]
		if p.Key != want.key || p.Left == nil || *p.Left != want.left || p.Max != want.max || p.Blocked != (want.left == 0) {
			t.Errorf("%+v is not %+v", p, want)
		}
	}
}

// tries returns the counters of pin status, and checks that its text and its
// JSON agree.
func (p program) tries(t *testing.T) []pinDocument {
	t.Helper()
	type counters struct {
		Schema string
		PINs   []pinDocument
	}
	doc := decode[counters](t, p.run(t, "pin", "status", "--json").wantExit(t, 0).stdout)
	if doc.Schema != "jpki.pin-status/v1" || len(doc.PINs) != 2 {
		t.Fatalf("%+v", doc)
	}
	return doc.PINs
}

func TestLanguages(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		contains(t, p.run(t, "status", "--lang", "ja").wantExit(t, 0).stdout, "マイナンバーカード  Virtual PCD 00 00\n")
		contains(t, p.run(t, "status", "--lang", "en").wantExit(t, 0).stdout, "My Number Card  Virtual PCD 00 00\n")
		contains(t, p.run(t, "pin", "status", "--lang", "ja").wantExit(t, 0).stdout, "残り5回")
	})
}

// TestCertificates exports all four certificates in both encodings.
func TestCertificates(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	signCA, authCA := virtualcard.DemoCAs()
	each(t, func(t *testing.T, p program) {
		for kind, issuer := range map[string]*x509.Certificate{
			"sign": signCA.Certificate, "auth": authCA.Certificate, "sign-ca": signCA.Certificate, "auth-ca": authCA.Certificate,
		} {
			c := p.certificate(t, kind)
			if strings.HasSuffix(kind, "-ca") {
				if !c.Equal(issuer) {
					t.Errorf("%s is another certificate: %v", kind, c.Subject)
				}
			} else if err := c.CheckSignatureFrom(issuer); err != nil {
				t.Errorf("%s: %v", kind, err)
			}
			r := p.with(t, setting{stdin: virtualcard.SignPIN + "\n"}, "cert", "export", kind, "--format", "der", "-o", "c.cer", "--pin-stdin").wantExit(t, 0)
			der, err := os.ReadFile(filepath.Join(r.dir, "c.cer"))
			testkit.Must(t, err)
			if !bytes.Equal(der, c.Raw) {
				t.Errorf("%s: DER and PEM differ", kind)
			}
			if verified := slices.ContainsFunc(r.log, exchange.isVerify); verified != (kind == "sign") {
				t.Errorf("%s: PIN sent: %v", kind, verified)
			}
			shown := p.enter(t, virtualcard.SignPIN, "cert", "show", kind).wantExit(t, 0).stdout
			contains(t, shown, "DEMO")
			if strings.Contains(shown, "太郎") {
				t.Errorf("a name is shown without being asked for:\n%s", shown)
			}
		}
		contains(t, p.enter(t, virtualcard.SignPIN, "cert", "show", "sign", "--personal").wantExit(t, 0).stdout, "デモ　太郎")
	})
}

// certificate takes a certificate from the card.
func (p program) certificate(t *testing.T, kind string) *x509.Certificate {
	t.Helper()
	r := p.enter(t, virtualcard.SignPIN, "cert", "export", kind).wantExit(t, 0)
	block, rest := pem.Decode([]byte(r.stdout))
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Fatalf("not PEM:\n%s", r.stdout)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	testkit.Must(t, err)
	return c
}

// TestPhone reads the certificate that a phone protects with its PIN and a card
// does not.
func TestPhone(t *testing.T) {
	insert(t, "android", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		r := p.enter(t, virtualcard.AuthPIN, "cert", "export", "auth").wantExit(t, 0)
		contains(t, r.stdout, "BEGIN CERTIFICATE")
		if pins := pinsIn(r.log); !slices.Equal(pins, []string{virtualcard.AuthPIN}) {
			t.Errorf("PINs sent: %q", pins)
		}
	})
}

const contract = "契約書\r\n第1条\x00\n"

// TestSign lets other programs verify what the program signs, with every
// digest, on every kind of card and reader.
func TestSign(t *testing.T) {
	for name, o := range map[string]virtualcard.Options{
		"extended": {}, "short": {NoExtendedLength: true}, "T=0": {T0: true},
		"contact": {Contact: true, QueryCase2: true, WarnEndOfFile: true, PadFF: true},
		"slow":    {FirstCommandFails: true, NoIssuerDomain: true, QueryShowsOpen: true, ReselectDrops: true},
	} {
		t.Run(name, func(t *testing.T) {
			insert(t, "adult", o)
			each(t, func(t *testing.T, p program) {
				dir := file(t, "contract.txt", contract)
				in := setting{dir: dir, stdin: virtualcard.SignPIN + "\n"}
				for _, digest := range []string{"sha256", "sha384", "sha512"} {
					r := p.with(t, in, "sign", "contract.txt", "-o", digest, "--digest", digest, "--pin-stdin").wantExit(t, 0)
					if r.stdout != "Made "+digest+".\n" {
						t.Errorf("%q", r.stdout)
					}
					if n := signatures(r.log); n != 1 {
						t.Errorf("the card signed %d times", n)
					}
					accepted(t, dir, digest, "contract.txt")
				}
			})
		})
	}
}

// accepted verifies a detached signature with openssl, with certtool and with
// our own verify, which trusts the demo CA only if told to.
func accepted(t *testing.T, dir, signature, content string) {
	t.Helper()
	ca, _ := virtualcard.DemoCAs()
	write(t, dir, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw})))
	write(t, dir, "changed", "changed")
	openssl := []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", signature, "-CAfile", "ca.pem", "-out", os.DevNull, "-content"}
	certtool := []string{"--p7-verify", "--inder", "--infile", signature, "--load-ca-certificate", "ca.pem", "--load-data"}
	tool(t, dir, "openssl", append(openssl, content)...)
	tool(t, dir, "certtool", append(certtool, content)...)
	if out, err := foreign(t, dir, "openssl", append(openssl, "changed")...); err == nil {
		t.Errorf("openssl accepts anything:\n%s", out)
	}
	if out, err := foreign(t, dir, "certtool", append(certtool, "changed")...); err == nil {
		t.Errorf("certtool accepts anything:\n%s", out)
	}
	for _, p := range programs {
		in := setting{dir: dir}
		out := p.with(t, in, "verify", signature, "--content", content, "--trust", "demo").wantExit(t, 0).stdout
		contains(t, out, "Genuine (revocation not checked) (DEMO, not real)\n")
		contains(t, out, "デモ　太郎")
		p.with(t, in, "verify", signature, "--content", content).wantExit(t, 9)
		p.with(t, in, "verify", signature, "--content", "changed", "--trust", "demo").wantExit(t, 8)
	}
}

// TestSignMany signs a folder of files with one PIN.
func TestSignMany(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	each(t, func(t *testing.T, p program) {
		dir := t.TempDir()
		args := []string{"sign", "--out-dir", "signed", "--pin-stdin"}
		testkit.Must(t, os.Mkdir(filepath.Join(dir, "signed"), 0o700))
		for _, name := range []string{"1.txt", "2.txt", "3.txt", "4.txt"} {
			write(t, dir, name, name)
			args = append(args, name)
		}
		r := p.with(t, setting{dir: dir, stdin: virtualcard.SignPIN + "\n"}, args...).wantExit(t, 0)
		if n := signatures(r.log); n != 4 {
			t.Errorf("the card signed %d times", n)
		}
		for _, name := range args[4:] {
			accepted(t, dir, filepath.Join("signed", name+".p7s"), name)
		}
	})
}

// pinsIn returns the PINs that were sent.
func pinsIn(log []exchange) (pins []string) {
	for _, x := range log {
		if x.isVerify() {
			pins = append(pins, string(x.Data))
		}
	}
	return pins
}

// signatures counts the signatures that the card made.
func signatures(log []exchange) (n int) {
	for _, x := range log {
		if x.signs() && (x.sw == 0x9000 || x.sw>>8 == 0x61) {
			n++
		}
	}
	return n
}
