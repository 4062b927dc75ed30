package cli

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// otherCA is a CA of another organization. Its certificates name addresses that
// the program must never contact unasked.
type otherCA struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  time.Time
}

func newOtherCA(t *testing.T) otherCA {
	t.Helper()
	ca := otherCA{t: t, now: time.Now().Truncate(time.Second)}
	var err error
	if ca.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	ca.cert = ca.issue(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "other CA"}, BasicConstraintsValid: true, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	})
	return ca
}

func (ca otherCA) issue(template *x509.Certificate) *x509.Certificate {
	ca.t.Helper()
	template.NotBefore, template.NotAfter = ca.now.AddDate(0, 0, -5), ca.now.AddDate(0, 0, 5)
	parent := ca.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &ca.key.PublicKey, ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		ca.t.Fatal(err)
	}
	return c
}

// holder issues a certificate that is full of addresses.
func (ca otherCA) holder(address string) *x509.Certificate {
	return ca.issue(&x509.Certificate{
		SerialNumber: big.NewInt(77), Subject: pkix.Name{CommonName: "somebody"}, KeyUsage: x509.KeyUsageDigitalSignature,
		OCSPServer: []string{address + "/ocsp"}, IssuingCertificateURL: []string{address + "/ca"}, CRLDistributionPoints: []string{address + "/crl"},
		PolicyIdentifiers: []asn1.ObjectIdentifier{{1, 2, 3}},
	})
}

func (ca otherCA) list() []byte {
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: ca.now.Add(-time.Minute), NextUpdate: ca.now.Add(time.Hour),
	}, ca.cert, ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return der
}

func pemText(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

// place is a server that counts who comes.
type place struct {
	*httptest.Server
	visits atomic.Int32
}

func newPlace(t *testing.T, serve http.HandlerFunc) *place {
	t.Helper()
	p := &place{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.visits.Add(1)
		if serve != nil {
			serve(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *place) host() string { return strings.TrimPrefix(p.URL, "http://") }

// answering is a responder to which every certificate is good.
func answering(t *testing.T, ca *x509.Certificate, sign func(ocsp.Response) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/ocsp-request" {
			t.Errorf("%s of %s: %v", r.Method, r.Header.Get("Content-Type"), err)
		}
		q, err := ocsp.ParseRequest(body)
		if err != nil {
			t.Error(err)
			return
		}
		now := time.Now()
		answer, err := sign(ocsp.Response{Status: ocsp.Good, SerialNumber: q.SerialNumber, ThisUpdate: now.Add(-time.Minute), NextUpdate: now.Add(time.Hour)})
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = w.Write(answer)
	}
}

// network notes every name that is looked up and every address that is dialed.
type network struct {
	mu       sync.Mutex
	contacts []string
}

func (n *network) note(where string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Contains(n.contacts, where) {
		n.contacts = append(n.contacts, where)
	}
}

func (n *network) context(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(i httptrace.DNSStartInfo) { n.note(i.Host) },
		ConnectStart: func(_, address string) { n.note(address) },
	})
}

// TestOnlyGivenAddressesAreContacted shows that addresses in certificates are
// contacted only on request, only for trusted certificates, and only outside
// this network.
func TestOnlyGivenAddressesAreContacted(t *testing.T) {
	ca := newOtherCA(t)
	tempting := newPlace(t, nil)
	lists := newPlace(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(ca.list()) })
	responder := newPlace(t, answering(t, ca.cert, func(r ocsp.Response) ([]byte, error) { return ocsp.CreateResponse(ca.cert, ca.cert, r, ca.key) }))
	astray := newPlace(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, strings.Replace(tempting.URL, "127.0.0.1", "localhost", 1), http.StatusTemporaryRedirect)
	})
	w := newWorld(t, "en")
	w.real = true
	w.write("ca.pem", pemText(ca.cert))
	w.write("h.pem", pemText(ca.holder(tempting.URL))+pemText(ca.cert))
	w.write("ca.crl", string(ca.list()))
	unsigned := unsignedByDemo(t, tempting.URL)
	w.write("unsigned.pem", pemText(unsigned[0])+pemText(unsigned[1]))
	for _, c := range []struct {
		line string
		exit int
		want []string
		says string
	}{
		{"cert check h.pem", 9, nil, "not under JPKI"},
		{"cert check h.pem --ca ca.pem", 0, nil, "Genuine (revocation not checked)"},
		{"cert check h.pem --ca ca.pem --require-revocation", 9, nil, "nothing was given"},
		{"cert check h.pem --ca ca.pem --crl ca.crl", 0, nil, "Valid (not revoked)"},
		{"cert check h.pem --ca ca.pem --crl " + lists.URL, 0, []string{lists.host()}, "Valid (not revoked)"},
		{"cert check h.pem --ca ca.pem --ocsp " + responder.URL, 0, []string{responder.host()}, "Valid (not revoked)"},
		{"cert check h.pem --ca ca.pem --crl ca.crl --crl " + lists.URL + " --ocsp " + responder.URL, 0, []string{lists.host(), responder.host()}, "Valid (not revoked)"},
		{"cert check h.pem --ocsp aia --crl " + lists.URL, 9, nil, "not under JPKI"},
		{"cert check h.pem --ocsp " + responder.URL, 9, nil, "not under JPKI"},
		{"cert check auth --card demo --ocsp aia", 9, nil, "demo card"},
		{"cert check auth-ca --card demo --trust demo --ocsp aia", 0, nil, "DEMO"},
		{"cert check unsigned.pem --trust demo --ocsp aia", 9, nil, "Cannot be decided"},
		{"cert check h.pem --ca ca.pem --ocsp " + astray.URL, 9, []string{astray.host()}, "it redirects to another host"},
		{"cert check h.pem --ca ca.pem --crl " + astray.URL, 9, []string{astray.host()}, "it redirects to another host"},
		// Dialing stops before anything is sent: the address is this machine's.
		{"cert check h.pem --ca ca.pem --ocsp aia", 9, []string{tempting.host()}, "the address lies inside this network"},
	} {
		var n network
		w.traced = n.context(t.Context())
		exit, out := w.run(c.line, "")
		if exit != c.exit || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d\n%s", c.line, exit, c.exit, out)
		}
		if slices.Sort(n.contacts); !slices.Equal(n.contacts, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%s: contacted %v, want %v", c.line, n.contacts, c.want)
		}
	}
	if n := tempting.visits.Load(); n != 0 {
		t.Errorf("%d requests went where nobody asked for", n)
	}
}

// unsignedByDemo is a certificate that names the demo card's CA, given too, as
// its issuer, and an algorithm that nobody knows as that of its signature: there
// is nothing to verify, and anybody can have written the address in it.
func unsignedByDemo(t *testing.T, address string) [2]*x509.Certificate {
	t.Helper()
	ca, _ := virtualcard.DemoCAs()
	policy, err := x509.ParseOID("1.2.392.200149.8.5.1.1.20")
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: "somebody"}, OCSPServer: []string{address},
		NotBefore: time.Now().AddDate(0, 0, -1), NotAfter: time.Now().AddDate(0, 0, 1), Policies: []x509.OID{policy},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
	}, ca.Certificate, ca.Key.Public(), ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	sha256WithRSA := []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11}
	der = bytes.ReplaceAll(der, sha256WithRSA, []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 99})
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return [2]*x509.Certificate{c, ca.Certificate}
}

// TestToukiKindOfTheUnsigned shows that claims in a certificate count for
// nothing if no CA signed it.
func TestToukiKindOfTheUnsigned(t *testing.T) {
	unsigned := unsignedByDemo(t, "http://example.invalid")
	checked := trust.Anchors{Demo: true}.Check(unsigned[0], unsigned[1:], cert.Sign, trust.Moment{Time: time.Now(), Proven: true})
	for want, v := range map[pdfsig.Answer]trust.Verdict{pdfsig.CannotSay: checked, pdfsig.Met: {Chain: unsigned[:]}} {
		list := checklist.Touki.For(checklist.Subject{Certificate: unsigned[0], Verdict: v, Now: time.Now()})
		i := slices.IndexFunc(list, func(r checklist.Item) bool { return r.Name == checklist.CertificateKind })
		if list[i].Answer != want {
			t.Errorf("%v: %s, want %s", v.Reasons, list[i].Answer, want)
		}
	}
}

// TestSourcesAreAskedOnce shows that many signatures by one person lead to one
// request to each source.
func TestSourcesAreAskedOnce(t *testing.T) {
	ca, _ := virtualcard.DemoCAs()
	responder := newPlace(t, answering(t, ca.Certificate, func(r ocsp.Response) ([]byte, error) {
		return ocsp.CreateResponse(ca.Certificate, ca.Certificate, r, ca.Key)
	}))
	list, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour),
	}, ca.Certificate, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	lists := newPlace(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(list) })
	w := newWorld(t, "ja")
	w.real = true
	w.write("a.txt", "a")
	w.write("b.txt", "b")
	w.write("c.txt", "c")
	if exit, out := w.run("sign a.txt b.txt c.txt --card demo --pin-stdin", virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	exit, out := w.run("verify a.txt.p7s b.txt.p7s c.txt.p7s --trust demo --crl "+lists.URL+" --ocsp "+responder.URL, "")
	if exit != 0 || strings.Count(out, "署名は有効です") != 3 {
		t.Errorf("exit %d\n%s", exit, out)
	}
	if a, b := responder.visits.Load(), lists.visits.Load(); a != 1 || b != 1 {
		t.Errorf("the responder was asked %d times, the list fetched %d times", a, b)
	}
	exit, out = w.run("verify a.txt.p7s --json --trust demo --require-revocation --ocsp "+responder.URL, "")
	for _, want := range []string{`"verdict": "valid"`, `"revocation": "good"`, `"source": "ocsp"`, `"from": "` + responder.URL, `"state": "good"`} {
		if exit != 0 || !strings.Contains(out, want) {
			t.Errorf("exit %d, no %s in\n%s", exit, want, out)
		}
	}
}

// TestSourcesThatFail shows that the verdict stays undecided if a named source
// fails.
func TestSourcesThatFail(t *testing.T) {
	ca := newOtherCA(t)
	h := ca.holder("http://example.invalid")
	serve := func(kind string, body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body)
		}
	}
	const response = "application/ocsp-response"
	gone := newPlace(t, nil)
	gone.Close()
	for _, lang := range []string{"ja", "en"} {
		w := newWorld(t, lang)
		w.real = true
		w.write("ca.pem", pemText(ca.cert))
		w.write("h.pem", pemText(h))
		for _, c := range []struct {
			flag   string
			serve  http.HandlerFunc
			ja, en string
		}{
			{"--ocsp", serve("text/html", []byte("<html>")), "応答の種類が違います", "the answer is of another kind"},
			{"--ocsp", serve(response, []byte("<html>")), "CRLやOCSPの応答として読めません", "it cannot be read as a CRL or an OCSP response"},
			{"--ocsp", serve(response, []byte{0x30, 3, 0x0A, 1, 6}), "レスポンダーが断りました(unauthorized)", "the responder refuses (unauthorized)"},
			{"--ocsp", serve(response, make([]byte, fetch.MaxSize+1)), "応答が大きすぎます", "the answer is too large"},
			{"--ocsp", http.NotFound, "サーバーが断りました", "the server refuses"},
			{"--crl", serve("", []byte("<html>")), "CRLやOCSPの応答として読めません", "it cannot be read as a CRL or an OCSP response"},
			{"--crl", serve("", make([]byte, fetch.MaxSize+1)), "応答が大きすぎます", "the answer is too large"},
			{"--crl", http.NotFound, "サーバーが断りました", "the server refuses"},
			{"--crl", nil, "応答がありません", "there is no answer"},
		} {
			address := gone.URL
			if c.serve != nil {
				address = newPlace(t, c.serve).URL
			}
			exit, out := w.run(fmt.Sprintf("cert check h.pem --ca ca.pem %s %s", c.flag, address), "")
			want := map[string]string{"ja": c.ja, "en": c.en}[lang]
			if exit != 9 || !strings.Contains(out, want) {
				t.Errorf("exit %d, no %q in\n%s", exit, want, out)
			}
		}
		t.Chdir(w.back)
	}
}

// TestSlowSource shows that a responder that never answers is given up.
func TestSlowSource(t *testing.T) {
	ca := newOtherCA(t)
	over := make(chan struct{})
	slow := newPlace(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	})
	defer close(over)
	e, err := judging.NewExaminer(t.Context(), &ui.IO{Lang: i18n.EN}, time.Now, &judging.Options{OCSP: slow.URL}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	e.Anchors.Given = []*x509.Certificate{ca.cert}
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	v := e.Examine(ctx, ca.holder(""), nil, cert.Any, trust.Moment{Time: time.Now(), Proven: true})
	if v.Status() != trust.Indeterminate || len(v.Reasons) != 1 || v.Reasons[0].Code != trust.TryLater || !errors.Is(v.Reasons[0], fetch.ErrNoAnswer) {
		t.Errorf("%s %v", v.Status(), v.Reasons)
	}
}

// TestPasswordsInAddresses: an address with a password is refused, and whatever
// an address may hide is on no screen, in no document and on no page.
func TestPasswordsInAddresses(t *testing.T) {
	const secret = "s3cret"
	ca := newOtherCA(t)
	w := newWorld(t, "en")
	w.real = true
	w.write("ca.pem", pemText(ca.cert))
	w.write("h.pem", pemText(ca.holder("http://me:"+secret+"@127.0.0.1:1/"))+pemText(ca.cert))
	w.write("a.txt", "text")
	digest := sha256.Sum256([]byte("text"))
	signer := ca.issue(&x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "signer"}, KeyUsage: x509.KeyUsageDigitalSignature})
	signature, err := cms.Signing{Certificate: signer, Key: ca.key, Hash: crypto.SHA256, Time: time.Now()}.Detached(digest[:])
	if err != nil {
		t.Fatal(err)
	}
	w.write("a.txt.p7s", string(signature))
	for _, c := range []struct {
		line string
		exit int
	}{
		{"cert check h.pem --ca ca.pem --ocsp http://me:" + secret + "@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --ocsp http://" + secret + "@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --crl https://me:" + secret + "@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --crl ftp://me:" + secret + "@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --ocsp http://me:" + secret + "%zz@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --crl http://me:" + secret + "%zz@127.0.0.1:1/", 2},
		{"cert check h.pem --ca ca.pem --ocsp aia", 9},
		{"cert check h.pem --ca ca.pem --ocsp http://127.0.0.1:1/?key=" + secret, 9},
		{"verify a.txt.p7s --ca ca.pem --ocsp http://me:" + secret + "@127.0.0.1:1/", 2},
		{"verify a.txt.p7s --ca ca.pem --ocsp http://127.0.0.1:1/?key=" + secret + " --report page.html --force", 9},
		{"verify a.txt.p7s --ca ca.pem --crl http://127.0.0.1:1/?key=" + secret + " --report page.html --force", 9},
		{"timestamp a.txt --tsa http://me:" + secret + "@127.0.0.1:1/", 2},
		{"timestamp a.txt --tsa http://me:" + secret + "%zz@127.0.0.1:1/", 2},
	} {
		for _, as := range []string{"", " --json"} {
			exit, out := w.run(c.line+as, "")
			if exit != c.exit || strings.Contains(out, secret) {
				t.Errorf("%s%s: exit %d, want %d\n%s", c.line, as, exit, c.exit, out)
			}
		}
	}
	if page, err := os.ReadFile(w.path("page.html")); err != nil || strings.Contains(string(page), secret) || !strings.Contains(string(page), "127.0.0.1") {
		t.Errorf("%v\n%s", err, page)
	}
}

// tagged is DER with an explicit tag of the context around it.
func tagged(t *testing.T, number int, inside []byte) asn1.RawValue {
	t.Helper()
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: number, IsCompound: true, Bytes: inside}
}

func der(t *testing.T, value any, parameters ...string) []byte {
	t.Helper()
	b, err := asn1.MarshalWithParams(value, strings.Join(parameters, ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// withRevocation signs text as PDF programs do that sign revocation data along
// (adbe-revocationInfoArchival, ISO 32000-2, 12.8.3.3.2), by the standard's text
// and with nothing of this project.
func (ca otherCA) withRevocation(t *testing.T, signer *x509.Certificate, text string, crl, response []byte) []byte {
	t.Helper()
	type attribute struct {
		Type   asn1.ObjectIdentifier
		Values []asn1.RawValue `asn1:"set"`
	}
	type algorithm struct{ Algorithm asn1.ObjectIdentifier }
	sha256Of := algorithm{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	digest := sha256.Sum256([]byte(text))
	var archival []byte
	if crl != nil {
		archival = append(archival, der(t, tagged(t, 0, der(t, []asn1.RawValue{{FullBytes: crl}})))...)
	}
	if response != nil {
		archival = append(archival, der(t, tagged(t, 1, der(t, []asn1.RawValue{{FullBytes: response}})))...)
	}
	attributes := der(t, []attribute{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}, []asn1.RawValue{{FullBytes: der(t, data)}}},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}, []asn1.RawValue{{FullBytes: der(t, digest[:])}}},
		{asn1.ObjectIdentifier{1, 2, 840, 113583, 1, 1, 8}, []asn1.RawValue{{Tag: asn1.TagSequence, IsCompound: true, Bytes: archival}}},
	}, "set")
	toSign := sha256.Sum256(attributes)
	signature, err := ecdsa.SignASN1(rand.Reader, ca.key, toSign[:])
	if err != nil {
		t.Fatal(err)
	}
	var signed asn1.RawValue
	if _, err := asn1.Unmarshal(attributes, &signed); err != nil {
		t.Fatal(err)
	}
	info := der(t, struct {
		Version int
		SID     struct {
			Issuer asn1.RawValue
			Serial *big.Int
		}
		Digest    algorithm
		Signed    asn1.RawValue
		Algorithm algorithm
		Signature []byte
	}{
		1, struct {
			Issuer asn1.RawValue
			Serial *big.Int
		}{asn1.RawValue{FullBytes: signer.RawIssuer}, signer.SerialNumber},
		sha256Of, tagged(t, 0, signed.Bytes), algorithm{asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}, signature,
	})
	return der(t, struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, tagged(t, 0, der(t, struct {
		Version      int
		Digests      []algorithm `asn1:"set"`
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      []asn1.RawValue `asn1:"set"`
	}{1, []algorithm{sha256Of}, struct{ Type asn1.ObjectIdentifier }{data}, tagged(t, 0, signer.Raw), []asn1.RawValue{{FullBytes: info}}}))})
}

// TestSignedRevocation: revocation data among the signed attributes counts, for
// and against the signature, while it is in force.
func TestSignedRevocation(t *testing.T) {
	ca := newOtherCA(t)
	w := newWorld(t, "en")
	w.real = true
	w.write("ca.pem", pemText(ca.cert))
	w.write("a.txt", "text")
	signer := ca.issue(&x509.Certificate{SerialNumber: big.NewInt(5), Subject: pkix.Name{CommonName: "signer"}, KeyUsage: x509.KeyUsageDigitalSignature})
	revoked, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(2), ThisUpdate: ca.now.Add(-time.Minute), NextUpdate: ca.now.Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: signer.SerialNumber, RevocationTime: ca.now.Add(-time.Hour)}},
	}, ca.cert, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	response, err := ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{
		SerialNumber: signer.SerialNumber, Status: ocsp.Good, ThisUpdate: ca.now.Add(-time.Minute), NextUpdate: ca.now.Add(time.Hour),
	}, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	foreign := newOtherCA(t)
	for what, c := range map[string]struct {
		crl, response []byte
		ahead         time.Duration
		exit          int
		says          string
	}{
		"a list":                {ca.list(), nil, 0, 0, "Valid (not revoked)"},
		"a response":            {nil, response, 0, 0, "Valid (not revoked)"},
		"both":                  {ca.list(), response, 0, 0, "Valid (not revoked)"},
		"revoked":               {revoked, nil, 0, 9, "is revoked since"},
		"revoked, and not":      {revoked, response, 0, 9, "is revoked since"},
		"over":                  {ca.list(), response, 2 * time.Hour, 0, "Genuine (revocation not checked)"},
		"another CA's":          {foreign.list(), nil, 0, 0, "Genuine (revocation not checked)"},
		"none that can be read": {der(t, []int{1}), der(t, []int{1}), 0, 0, "Genuine (revocation not checked)"},
	} {
		w.write("a.txt.p7s", string(ca.withRevocation(t, signer, "text", c.crl, c.response)))
		w.ahead = c.ahead
		if exit, out := w.run("verify --ca ca.pem a.txt.p7s", ""); exit != c.exit || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, want %d\n%s", what, exit, c.exit, out)
		}
	}
}
