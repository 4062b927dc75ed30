package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// The response of RFC 6960, 4.2.1, by means of encoding/asn1: the parser has
// another.
type (
	testCertID struct {
		Hash      pkix.AlgorithmIdentifier
		Name, Key []byte
		Serial    *big.Int
	}
	testAnswer struct {
		ID         testCertID
		Status     asn1.RawValue
		ThisUpdate time.Time        `asn1:"generalized"`
		NextUpdate time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional,omitempty"`
	}
	testData struct {
		Responder  asn1.RawValue
		ProducedAt time.Time `asn1:"generalized"`
		Answers    []testAnswer
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional,omitempty"`
	}
	testBasic struct {
		Data         asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"explicit,tag:0,optional,omitempty"`
	}
)

// responder makes responses.
type responder struct {
	t     testing.TB
	cert  *x509.Certificate // whose name and key are in the ResponderID
	key   *ecdsa.PrivateKey
	certs []*x509.Certificate // that come along
	byKey bool
	data  testData
}

func marshal(t testing.TB, v any, params string) []byte {
	t.Helper()
	der, err := asn1.MarshalWithParams(v, params)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var (
	oidSHA1     = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}
	ecdsaSHA256 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	goodStatus  = []byte{0x80, 0x00}
	unknown     = []byte{0x82, 0x00}
)

func revokedStatus(at time.Time, reason byte) []byte {
	moment, err := asn1.MarshalWithParams(at.UTC(), "generalized")
	if err != nil {
		panic(err)
	}
	return tlv(0xA1, moment, tlv(0xA0, []byte{0x0A, 0x01, reason}))
}

// answer is an answer about c, with SHA-1, of which an odd part is replaced by
// what the test wants.
func answer(t testing.TB, c, ca *x509.Certificate, status []byte) testAnswer {
	t.Helper()
	var spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(ca.RawSubjectPublicKeyInfo, &spki); err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA1.New
	name, key := h(), h()
	name.Write(ca.RawSubject)
	key.Write(spki.Key.RightAlign())
	return testAnswer{
		ID:     testCertID{pkix.AlgorithmIdentifier{Algorithm: oidSHA1}, name.Sum(nil), key.Sum(nil), c.SerialNumber},
		Status: asn1.RawValue{FullBytes: status}, ThisUpdate: thisUpdate.UTC(), NextUpdate: nextUpdate.UTC(),
	}
}

// respond gives an OCSPResponse with these answers.
func (r responder) respond(answers ...testAnswer) []byte {
	r.t.Helper()
	r.data.ProducedAt, r.data.Answers = now.UTC(), answers
	r.data.Responder = asn1.RawValue{FullBytes: tlv(0xA1, r.cert.RawSubject)}
	if r.byKey {
		bits, err := publicKeyBits(r.cert)
		if err != nil {
			r.t.Fatal(err)
		}
		r.data.Responder.FullBytes = tlv(0xA2, tlv(0x04, sum(crypto.SHA1, bits)))
	}
	data := marshal(r.t, r.data, "")
	sig, err := r.key.Sign(rand.Reader, sum(crypto.SHA256, data), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	basic := testBasic{
		Data: asn1.RawValue{FullBytes: data}, Algorithm: pkix.AlgorithmIdentifier{Algorithm: ecdsaSHA256},
		Signature: asn1.BitString{Bytes: sig, BitLength: 8 * len(sig)},
	}
	for _, c := range r.certs {
		basic.Certificates = append(basic.Certificates, asn1.RawValue{FullBytes: c.Raw})
	}
	return wrapBasic(marshal(r.t, basic, ""))
}

func wrapBasic(basic []byte) []byte {
	kind, err := asn1.Marshal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1})
	if err != nil {
		panic(err)
	}
	return tlv(0x30, []byte{0x0A, 0x01, 0x00}, tlv(0xA0, tlv(0x30, kind, tlv(0x04, basic))))
}

// delegate makes the certificate of a responder; change may be nil.
func (a authority) delegate(number byte, change func(*x509.Certificate)) responder {
	a.t.Helper()
	k := key(a.t, number)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(number)), Subject: pkix.Name{CommonName: "OCSP Responder"},
		NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 1, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning},
		ExtraExtensions: []pkix.Extension{extension(a.t, idOCSPNoCheck, false, []byte{0x05, 0x00})},
	}
	if change != nil {
		change(template)
	}
	c := create(a.t, template, a.cert, &k.PublicKey, a.key)
	return responder{t: a.t, cert: c, key: k, certs: []*x509.Certificate{c}}
}

func (a authority) responder() responder { return responder{t: a.t, cert: a.cert, key: a.key} }

func request(t testing.TB, c, ca *x509.Certificate) *OCSPRequest {
	t.Helper()
	r, err := NewOCSPRequest(c, ca, crypto.SHA1, bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOCSPRequest(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
		r, err := NewOCSPRequest(c, ca.cert, hash, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ocsp.ParseRequest(r.DER())
		if err != nil {
			t.Fatal(err)
		}
		want, err := ocsp.CreateRequest(c, ca.cert, &ocsp.RequestOptions{Hash: hash})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := got.Marshal(); err != nil || !bytes.Equal(again, want) {
			t.Errorf("%v: %X, want %X (%v)", hash, again, want, err)
		}
		if !bytes.Contains(r.DER(), append([]byte{0x04, 0x22, 0x04, 0x20}, r.nonce...)) {
			t.Errorf("%v: no nonce in %X", hash, r.DER())
		}
	}
	if r, err := NewOCSPRequest(c, ca.cert, crypto.MD5, rand.Reader); err == nil {
		t.Errorf("MD5: %v", r)
	}
	if r, err := NewOCSPRequest(c, ca.cert, crypto.SHA1, bytes.NewReader(make([]byte, 31))); err == nil {
		t.Errorf("too little randomness: %v", r)
	}
}

func TestOCSP(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	q := request(t, c, ca.cert)
	since := now.AddDate(0, 0, -3).Truncate(time.Second)
	nonce := func(r responder, value []byte) responder {
		r.data.Extensions = []pkix.Extension{extension(t, "1.3.6.1.5.5.7.48.1.2", false, value)}
		return r
	}
	byKey := ca.responder()
	byKey.byKey = true
	delegate := ca.delegate(20, nil)
	delegateByKey := delegate
	delegateByKey.byKey = true
	sha256 := answer(t, c, ca.cert, goodStatus)
	sha256.ID.Hash.Algorithm = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	sha256.ID.Name, sha256.ID.Key, _ = hashIssuer(ca.cert, crypto.SHA256)
	good := answer(t, c, ca.cert, goodStatus)
	revoked := answer(t, c, ca.cert, revokedStatus(since, 4))
	newer := answer(t, c, ca.cert, unknown)
	newer.ThisUpdate = now.UTC()
	another := answer(t, ca.cert, ca.cert, goodStatus)
	noNext := good
	noNext.NextUpdate = time.Time{}

	for what, test := range map[string]struct {
		response []byte
		state    Revocation
	}{
		"good":                        {ca.responder().respond(good), RevocationGood},
		"revoked":                     {ca.responder().respond(revoked), RevocationRevoked},
		"unknown":                     {ca.responder().respond(answer(t, c, ca.cert, unknown)), RevocationUnknown},
		"no nextUpdate":               {ca.responder().respond(noNext), RevocationGood},
		"named by its key":            {byKey.respond(good), RevocationGood},
		"delegated":                   {delegate.respond(good), RevocationGood},
		"delegated, named by its key": {delegateByKey.respond(good), RevocationGood},
		"named by SHA-256":            {ca.responder().respond(sha256), RevocationGood},
		"nonce":                       {nonce(ca.responder(), tlv(0x04, q.nonce)).respond(good), RevocationGood},
		"among others":                {ca.responder().respond(another, good), RevocationGood},
		"revoked among good":          {ca.responder().respond(good, revoked, good), RevocationRevoked},
		"the newest":                  {ca.responder().respond(good, newer, good), RevocationUnknown},
	} {
		e := q.Check(test.response, now)
		if e.Err != nil || e.State != test.state || e.Source != SourceOCSP || e.Certificate != c || e.Responder != nil {
			t.Errorf("%s: %+v", what, e)
		}
		if e.State == RevocationRevoked && (!e.RevokedAt.Equal(since) || !e.Since.Equal(since) || e.Reason.String() != "superseded") {
			t.Errorf("%s: %+v", what, e)
		}
	}
	if e := q.Check(ca.responder().respond(noNext), now); !e.NextUpdate.IsZero() || !e.ThisUpdate.Equal(thisUpdate) {
		t.Errorf("no nextUpdate: %+v", e)
	}
	template := ocsp.Response{Status: ocsp.Revoked, SerialNumber: c.SerialNumber, ThisUpdate: thisUpdate, NextUpdate: nextUpdate, RevokedAt: since, RevocationReason: ocsp.KeyCompromise}
	theirs, err := ocsp.CreateResponse(ca.cert, ca.cert, template, ca.key)
	if err != nil {
		t.Fatal(err)
	}
	if e := q.Check(theirs, now); e.State != RevocationRevoked || e.Reason != 1 || !e.Since.Equal(since) {
		t.Errorf("made by golang.org/x/crypto/ocsp: %+v", e)
	}
}

func TestOCSPRefused(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	q := request(t, c, ca.cert)
	good := answer(t, c, ca.cert, goodStatus)
	with := func(change func(*testAnswer)) testAnswer {
		a := good
		change(&a)
		return a
	}
	extended := func(e ...pkix.Extension) responder {
		r := ca.responder()
		r.data.Extensions = e
		return r
	}
	stranger := newAuthority(t, cert.SignCA, 2, func(c *x509.Certificate) { c.SubjectKeyId = ca.cert.SubjectKeyId })
	renamed := ca.responder()
	renamed.cert = ca.delegate(21, nil).cert
	namesake := newAuthority(t, cert.SignCA, 1, func(c *x509.Certificate) { c.RawSubject = caName(t, "JPKI", "another name, the same key") })
	masked := ca.delegate(31, nil)
	masked.cert = ca.delegate(32, func(c *x509.Certificate) { c.Subject.CommonName = "somebody else" }).cert
	wrongKey := ca.delegate(22, nil)
	wrongKey.key = key(t, 23)
	late := ca.delegate(24, func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Second) })
	early := ca.delegate(24, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Second) })
	holder := responder{t: t, cert: c, key: key(t, 99), certs: []*x509.Certificate{c}}
	tooMany := ca.delegate(25, nil)
	tooMany.certs = append(slices.Repeat([]*x509.Certificate{c}, maxResponders), tooMany.certs...)
	bare := ca.delegate(26, nil)
	bare.certs = nil
	tampered := ca.responder().respond(good)
	i := bytes.LastIndex(tampered, goodStatus)
	tampered[i] = 0x82
	sha1 := ca.responder().respond(good)
	sha1 = bytes.Replace(sha1, marshal(t, ecdsaSHA256, ""), marshal(t, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 9}, ""), 1)

	for what, test := range map[string]struct {
		response []byte
		want     error
	}{
		"another certificate":       {ca.responder().respond(with(func(a *testAnswer) { a.ID.Serial = big.NewInt(5) })), ErrOtherCertificate},
		"another CA's name":         {ca.responder().respond(with(func(a *testAnswer) { a.ID.Name = make([]byte, 20) })), ErrOtherCertificate},
		"another CA's key":          {ca.responder().respond(with(func(a *testAnswer) { a.ID.Key = make([]byte, 20) })), ErrOtherCertificate},
		"another hash":              {ca.responder().respond(with(func(a *testAnswer) { a.ID.Hash.Algorithm = asn1.ObjectIdentifier{1, 2, 3} })), ErrOtherCertificate},
		"no answer":                 {ca.responder().respond(), ErrOtherCertificate},
		"another nonce":             {extended(extension(t, "1.3.6.1.5.5.7.48.1.2", false, tlv(0x04, make([]byte, 32)))).respond(good), ErrNonce},
		"a nonce that is none":      {extended(extension(t, "1.3.6.1.5.5.7.48.1.2", false, []byte{5, 0})).respond(good), ErrNotRevocation},
		"an empty nonce":            {extended(extension(t, "1.3.6.1.5.5.7.48.1.2", false, []byte{4, 0})).respond(good), ErrNotRevocation},
		"unknown critical":          {extended(extension(t, "1.2.3", true, 5)).respond(good), ErrCriticalExtension},
		"unknown critical inside":   {ca.responder().respond(with(func(a *testAnswer) { a.Extensions = []pkix.Extension{extension(t, "1.2.3", true, 5)} })), ErrCriticalExtension},
		"forged":                    {responder{t: t, cert: ca.cert, key: stranger.key}.respond(good), ErrSourceSignature},
		"tampered with":             {tampered, ErrSourceSignature},
		"unknown algorithm":         {sha1, ErrAlgorithm},
		"signed by a stranger":      {stranger.delegate(30, nil).respond(good), ErrSourceSigner},
		"signed in another's name":  {renamed.respond(good), ErrSourceSigner},
		"in the name of another":    {masked.respond(good), ErrSourceSigner},
		"of a namesake's delegate":  {namesake.delegate(33, nil).respond(good), ErrSourceSigner},
		"not the delegate's key":    {wrongKey.respond(good), ErrSourceSignature},
		"delegate not sent along":   {bare.respond(good), ErrSourceSigner},
		"delegate behind too many":  {tooMany.respond(good), ErrSourceSigner},
		"delegate expired":          {late.respond(good), ErrSourceSigner},
		"delegate not yet valid":    {early.respond(good), ErrSourceSigner},
		"delegate without purpose":  {ca.delegate(27, func(c *x509.Certificate) { c.ExtKeyUsage = nil }).respond(good), ErrSourceSigner},
		"delegate of other purpose": {ca.delegate(27, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }).respond(good), ErrSourceSigner},
		"delegate of other usage":   {ca.delegate(27, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }).respond(good), ErrSourceSigner},
		"delegate that is a CA":     {ca.delegate(27, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }).respond(good), ErrSourceSigner},
		"delegate with a criticism": {ca.delegate(27, func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(t, "1.2.3", true, 5))
		}).respond(good), ErrSourceSigner},
		"the holder itself":      {holder.respond(good), ErrSourceSigner},
		"tryLater":               {[]byte{0x30, 3, 0x0A, 1, 3}, OCSPRefusal(3)},
		"unauthorized":           {[]byte{0x30, 3, 0x0A, 1, 6}, OCSPRefusal(6)},
		"too large":              {make([]byte, MaxOCSPSize+1), ErrTooLarge},
		"nothing":                {nil, ErrNotRevocation},
		"text":                   {[]byte("<html>"), ErrNotRevocation},
		"success alone":          {[]byte{0x30, 3, 0x0A, 1, 0}, ErrNotRevocation},
		"cut short":              {ca.responder().respond(good)[:300], ErrNotRevocation},
		"something more":         {append(ca.responder().respond(good), 0), ErrNotRevocation},
		"odd status":             {ca.responder().respond(answer(t, c, ca.cert, []byte{0x83, 0})), ErrNotRevocation},
		"revoked without a date": {ca.responder().respond(answer(t, c, ca.cert, []byte{0xA1, 0})), ErrNotRevocation},
	} {
		e := q.Check(test.response, now)
		if !errors.Is(e.Err, test.want) || e.State != RevocationNotChecked || e.Certificate != c || e.Source != SourceOCSP {
			t.Errorf("%s: %+v", what, e)
		}
	}
	for r, want := range map[OCSPRefusal]string{6: "the responder refuses: unauthorized", 9: "the responder refuses: status 9"} {
		if r.Error() != want {
			t.Errorf("%d is %v", int(r), r)
		}
	}
}

// Whether a responder is revoked itself is the caller's to find out, where its
// certificate does not say that nobody needs to.
func TestOCSPResponderWithoutNoCheck(t *testing.T) {
	ca := newAuthority(t, cert.SignCA, 1, nil)
	c := ca.issue(nil)
	r := ca.delegate(20, func(c *x509.Certificate) { c.ExtraExtensions = nil })
	e := request(t, c, ca.cert).Check(r.respond(answer(t, c, ca.cert, goodStatus)), now)
	if e.Err != nil || !r.cert.Equal(e.Responder) {
		t.Errorf("%+v", e)
	}
}
