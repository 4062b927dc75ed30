//go:build foreign

package cli

import (
	"bufio"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// registry is the demo CA for signing, run by openssl ca and openssl ocsp: a
// database of certificates, lists made of it, and responders.
type registry struct {
	*world
	cert *x509.Certificate // the demo card's signing certificate
}

const registryConfig = `[ca]
default_ca = d
[d]
dir = .
database = index.txt
crlnumber = crlnumber
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_crl_hours = 1
crl_extensions = crl
[crl]
authorityKeyIdentifier = keyid
[req]
distinguished_name = dn
[dn]
[responder]
extendedKeyUsage = critical, OCSPSigning
noCheck = ignored
keyUsage = critical, digitalSignature
[anonymous]
1.2.3.4 = DER:0500
[nothing]
keyUsage = critical, digitalSignature
[otherca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
`

// newRegistry signs a.txt on the demo card.
func newRegistry(t *testing.T, lang string) *registry {
	t.Helper()
	r := &registry{world: newWorld(t, lang)}
	r.real = true
	ca, _ := virtualcard.DemoCAs()
	key, err := x509.MarshalPKCS8PrivateKey(ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	r.write("ca.pem", pemText(ca.Certificate))
	r.write("ca.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	r.write("cnf", registryConfig)
	r.write("crlnumber", "01\n")
	r.write("a.txt", "content")
	for _, line := range []string{"cert export sign --card demo --pin-stdin -o sign.pem", "sign a.txt --card demo --pin-stdin"} {
		if exit, out := r.run(line, virtualcard.SignPIN+"\n"); exit != 0 {
			t.Fatal(out)
		}
	}
	if r.cert, err = input.CertificateFile(t.Context(), "sign.pem"); err != nil {
		t.Fatal(err)
	}
	r.empty()
	return r
}

func (r *registry) openssl(args string) string {
	r.t.Helper()
	cmd := exec.Command("openssl", strings.Fields(args)...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("openssl %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// empty forgets all certificates.
func (r *registry) empty() {
	r.write("index.txt", "")
	r.write("index.txt.attr", "unique_subject = no\n")
}

// revoke puts the signing certificate into the database as revoked some time
// after now, which can be before.
func (r *registry) revoke(after time.Duration, reason string) time.Time {
	at := time.Now().Add(after).Truncate(time.Second).UTC()
	const form = "060102150405Z"
	r.write("index.txt", fmt.Sprintf("R\t%s\t%s,%s\t%X\tunknown\t/CN=x\n", r.cert.NotAfter.UTC().Format(form), at.Format(form), reason, r.cert.SerialNumber))
	return at
}

// list makes a CRL.
func (r *registry) list(name, extra string) {
	r.openssl("ca -config cnf -gencrl -out " + name + " " + extra)
}

// responder makes the certificate of a responder, by a CA, with a section of
// the configuration.
func (r *registry) delegate(name, ca, section string) {
	r.openssl(fmt.Sprintf("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s.key -out %s.csr -subj /CN=%s -config cnf", name, name, name))
	r.openssl(fmt.Sprintf("x509 -req -in %s.csr -CA %s.pem -CAkey %s.key -set_serial 77 -days 1 -out %s.pem -extfile cnf -extensions %s", name, ca, ca, name, section))
}

// serve starts openssl ocsp on a free port, for a number of requests, and gives
// its address.
func (r *registry) serve(signer, extra string) string {
	r.t.Helper()
	cmd := exec.Command("openssl", strings.Fields(fmt.Sprintf("ocsp -port 0 -index index.txt -CA ca.pem -rsigner %s.pem -rkey %s.key %s", signer, signer, extra))...)
	cmd.Dir = r.dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		// ACCEPT [::]:34567 PID=8901
		said.WriteString(lines.Text() + "\n")
		if where, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			where, _, _ = strings.Cut(where, " ")
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return "http://127.0.0.1" + where[strings.LastIndexByte(where, ':'):]
		}
	}
	r.t.Fatalf("openssl ocsp does not listen: %s", said.String())
	return ""
}

// expect runs a command line and checks its output.
func (r *registry) expect(what, line string, exit int, says ...string) {
	r.t.Helper()
	got, out := r.run(line, "")
	if got != exit {
		r.t.Errorf("%s: exit %d, want %d\n%s", what, got, exit, out)
	}
	for _, s := range says {
		if !strings.Contains(out, s) {
			r.t.Errorf("%s: no %q in\n%s", what, s, out)
		}
	}
}

// atText is a moment as the program writes it, without its date.
func atText(t time.Time) string { return t.In(time.FixedZone("JST", 9*3600)).Format("15:04:05") }

const (
	checkSign = "cert check sign.pem --ca ca.pem --trust demo"
	verifyA   = "verify a.txt.p7s --trust demo"
)

// TestOpensslLists holds certificates and signatures against lists of openssl
// ca.
func TestOpensslLists(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			say := func(ja, en string) string { return map[string]string{"ja": ja, "en": en}[lang] }
			r := newRegistry(t, lang)
			r.list("none.crl", "")
			r.expect("nobody revoked", checkSign+" --crl none.crl", 0, say("証明書は有効です(失効していないことを確認しました)", "Valid (not revoked)"))
			r.expect("nobody revoked", verifyA+" --crl none.crl", 0, say("署名は有効です(失効していないことを確認しました)", "Valid (not revoked)"))
			r.openssl("crl -in none.crl -outform DER -out none.der")
			r.expect("DER", verifyA+" --crl none.der --require-revocation", 0)

			before := r.revoke(-time.Hour, "keyCompromise")
			r.list("before.crl", "")
			r.expect("revoked", checkSign+" --crl before.crl", 8, say("証明書は無効です", "Not valid"), atText(before), say("鍵の漏えい", "key compromised"))
			r.expect("revoked, and a list from before that", checkSign+" --crl none.crl --crl before.crl", 8, atText(before))
			r.expect("signed after it was revoked", verifyA+" --crl before.crl", 8, say("署名は無効です", "Not genuine"), atText(before), say("鍵の漏えい", "key compromised"))
			r.expect("revoked, in JSON", verifyA+" --json --crl before.crl", 8, `"REVOKED"`, `"revoked"`, `"keyCompromise"`, before.Format(time.RFC3339))
			r.expect("good until then", checkSign+" --crl before.crl --at "+before.Add(-24*time.Hour).Format(time.RFC3339), 0, say("証明された日時のあとで失効しました", "revoked, but after the proven time"))

			after := r.revoke(2*time.Minute, "cessationOfOperation")
			r.list("after.crl", "")
			r.expect("signed before, as it claims", verifyA+" --crl after.crl", 9, atText(after), say("証明されていません", "nothing proves that the signature is older"))
			r.expect("signed before, in JSON", verifyA+" --json --crl after.crl", 9, "REVOKED_NO_POE")

			r.empty()
			r.list("old.crl", "-crl_lastupdate 20260101000000Z -crl_nextupdate 20260102000000Z")
			r.expect("out of date", verifyA+" --crl old.crl", 9, say("失効情報が古くなっています", "the revocation information is out of date"))
		})
	}
}

// TestOpensslListsOfOthers: lists that are not about the certificate, or not
// by its CA.
func TestOpensslListsOfOthers(t *testing.T) {
	r := newRegistry(t, "en")
	subject := "/C=JP/O=JPKI DEMO/OU=JPKI DEMO for digital signature/OU=DEMO - not a real CA"
	forge := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "forged.key", "-out", "forged.pem", "-days", "1", "-config", "cnf", "-extensions", "otherca", "-subj", subject)
	forge.Dir = r.dir
	if out, err := forge.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r.list("forged.crl", "-cert forged.pem -keyfile forged.key -crlexts anonymous")
	r.expect("forged", verifyA+" --crl forged.crl", 9, "the signature on the revocation information is wrong")
	r.write("cnf", strings.Replace(registryConfig, "[crl]", "[crl]\nissuingDistributionPoint = critical, @point\n[point]\nfullname = URI:http://example.invalid/town\n[x]", 1))
	r.list("town.crl", "")
	r.expect("of another town", verifyA+" --crl town.crl", 0, "Genuine (revocation not checked)")
	r.expect("of another town, proof wanted", verifyA+" --crl town.crl --require-revocation", 9, "nothing was given that tells of this certificate's revocation")
	r.write("cnf", strings.Replace(registryConfig, "[crl]", "[crl]\n2.5.29.27 = critical, DER:020101\n[x]", 1))
	r.list("delta.crl", "")
	r.expect("delta", verifyA+" --crl delta.crl", 1, "delta.crl cannot be used as a revocation list (CRL): it is a delta CRL")
}

// TestOpensslResponder asks the responder of openssl.
func TestOpensslResponder(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			say := func(ja, en string) string { return map[string]string{"ja": ja, "en": en}[lang] }
			r := newRegistry(t, lang)
			with := func(line, address string) string { return line + " --ocsp " + address }
			unknown := r.serve("ca", "-nmin 5")
			r.expect("unknown", with(verifyA, unknown), 9, say("レスポンダーはこの証明書を知りません", "the responder does not know the certificate"))

			r.openssl("ca -config cnf -valid sign.pem")
			good := r.serve("ca", "-nmin 5")
			r.expect("good", with(verifyA, good), 0, say("署名は有効です", "Valid (not revoked)"))
			r.expect("good", with(checkSign, good)+" --require-revocation", 0, say("証明書は有効です", "Valid (not revoked)"))
			r.expect("no nextUpdate", with(checkSign, r.serve("ca", "")), 0)
			r.expect("named by its key", with(checkSign, r.serve("ca", "-nmin 5 -resp_key_id")), 0)
			r.expect("SHA-1", with(checkSign, r.serve("ca", "-nmin 5 -rmd sha1")), 9, say("方式が弱い", "of a weak or unknown kind"))

			r.openssl("ca -config cnf -revoke sign.pem -crl_reason superseded")
			revoked := r.serve("ca", "-nmin 5")
			r.expect("revoked", with(checkSign, revoked), 8, say("新しい証明書の発行", "superseded"))
			r.list("crl", "")
			r.expect("revoked, says the list too", with(checkSign, revoked)+" --crl crl", 8)
			at := r.revoke(-time.Hour, "affiliationChanged")
			r.expect("revoked before", with(verifyA, r.serve("ca", "-nmin 5")), 8, atText(at), say("記載事項の変更", "particulars changed"))
		})
	}
}

// TestOpensslDelegates asks responders that are not the CA itself.
func TestOpensslDelegates(t *testing.T) {
	r := newRegistry(t, "en")
	r.openssl("ca -config cnf -valid sign.pem")
	r.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 1 -config cnf -extensions otherca -subj /CN=other")
	r.write("cnf", strings.Replace(registryConfig, "noCheck = ignored\n", "", 1))
	r.delegate("checkable", "ca", "responder")
	r.write("cnf", registryConfig)
	r.delegate("right", "ca", "responder")
	r.delegate("purposeless", "ca", "nothing")
	r.delegate("stranger", "other", "responder")
	const nobody = "signed by neither the CA nor a responder that it authorized"
	for _, c := range []struct {
		signer, flags string
		exit          int
		says          string
	}{
		{"right", "", 0, "Valid (not revoked)"},
		{"right", "-resp_key_id", 0, "Valid (not revoked)"},
		{"checkable", "", 0, "Valid (not revoked)"},
		{"purposeless", "", 9, nobody},
		{"stranger", "", 9, nobody},
		{"other", "", 9, nobody},
		{"right", "-resp_no_certs", 9, nobody},
	} {
		r.expect(c.signer+c.flags, checkSign+" --ocsp "+r.serve(c.signer, "-nmin 5 "+c.flags), c.exit, c.says)
	}
	// A responder that is revoked itself, and does not say that nobody needs to
	// look, is believed only as long as no list names it.
	r.openssl("ca -config cnf -revoke checkable.pem")
	r.list("crl", "")
	r.expect("revoked responder", checkSign+" --ocsp "+r.serve("checkable", "-nmin 5")+" --crl crl --json", 0, nobody)
	r.world.ahead = 20 * time.Minute
	r.expect("expired answer", checkSign+" --ocsp "+r.serve("ca", "-nmin 5"), 9, "the revocation information is out of date")
	r.world.ahead = -20 * time.Minute
	r.expect("answer from the future", checkSign+" --ocsp "+r.serve("ca", "-nmin 5"), 9, "dated in the future")
}

// TestOpensslAnswersSpoilt takes an answer of openssl on the way.
func TestOpensslAnswersSpoilt(t *testing.T) {
	r := newRegistry(t, "en")
	r.openssl("ca -config cnf -valid sign.pem")
	// Answers to requests of openssl's own.
	respond := func(request, flags string) []byte {
		r.openssl("ocsp -issuer ca.pem " + request + " -reqout req.der")
		r.openssl("ocsp -index index.txt -CA ca.pem -rsigner ca.pem -rkey ca.key -nmin 5 -reqin req.der -respout resp.der " + flags)
		der, err := os.ReadFile(filepath.Join(r.dir, "resp.der"))
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	own := "-cert sign.pem"
	for _, c := range []struct {
		what   string
		answer []byte
		exit   int
		says   string
	}{
		{"without nonce", respond("-no_nonce "+own, ""), 0, "Valid (not revoked)"},
		{"several at once", respond("-no_nonce -serial 5 "+own+" -serial 6", ""), 0, "Valid (not revoked)"},
		{"named by SHA-256", respond("-no_nonce -sha256 "+own, ""), 0, "Valid (not revoked)"},
		{"another nonce", respond(own, ""), 9, "answers another request (nonce)"},
		{"wrong serial", respond("-no_nonce -serial 5", ""), 9, "the response is about another certificate"},
		{"bad signature", respond("-no_nonce "+own, "-badsig"), 9, "the signature on the revocation information is wrong"},
		{"cut short", respond("-no_nonce "+own, "")[:400], 9, "cannot be read as a CRL or an OCSP response"},
	} {
		p := newPlace(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/ocsp-response")
			_, _ = w.Write(c.answer)
		})
		r.expect(c.what, checkSign+" --ocsp "+p.URL, c.exit, c.says)
	}
}
