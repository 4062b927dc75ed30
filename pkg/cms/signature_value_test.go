package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"slices"
	"testing"
)

// forger is a key that returns a given value in place of a signature.
type forger struct {
	crypto.PublicKey
	make func(digest []byte) []byte
}

func (f forger) Public() crypto.PublicKey { return f.PublicKey }

func (f forger) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return f.make(digest), nil
}

// digestInfo is the DigestInfo of SHA-256 (RFC 8017, 9.2).
func digestInfo(digest []byte) []byte {
	return sequence(sequence(newOID("2.16.840.1.101.3.4.2.1").der(), derNull), octetString(digest))
}

// padded is an encoded message of n octets (RFC 8017, 9.2).
func padded(n int, info []byte) []byte {
	return slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, n-len(info)-3), []byte{0}, info)
}

// TestRSAValues shows that signature values are refused that other programs
// have accepted. Each is made with the private key from an encoded message that
// is wrong in one place or has a wrong length.
func TestRSAValues(t *testing.T) {
	key := fixture().rsa.key.(*rsa.PrivateKey)
	size := key.Size()
	power := func(encoded []byte) *big.Int { return new(big.Int).Exp(new(big.Int).SetBytes(encoded), key.D, key.N) }
	raw := func(encoded []byte) []byte { return power(encoded).FillBytes(make([]byte, size)) }
	info := func(change func(digest []byte) []byte) func([]byte) []byte {
		return func(digest []byte) []byte { return raw(padded(size, change(digest))) }
	}
	message := func(change func(encoded []byte)) func([]byte) []byte {
		return func(digest []byte) []byte {
			encoded := padded(size, digestInfo(digest))
			change(encoded)
			return raw(encoded)
		}
	}
	sha256OID := newOID("2.16.840.1.101.3.4.2.1").der()
	for name, c := range map[string]struct {
		value  func(digest []byte) []byte
		expect error // nil: good
	}{
		"as it should be":           {info(digestInfo), nil},
		"NULL left out":             {info(func(d []byte) []byte { return sequence(sequence(sha256OID), octetString(d)) }), SigCryptoFailure},
		"NULL twice":                {info(func(d []byte) []byte { return sequence(sequence(sha256OID, derNull, derNull), octetString(d)) }), SigCryptoFailure},
		"an OCTET STRING for NULL":  {info(func(d []byte) []byte { return sequence(sequence(sha256OID, octetString(nil)), octetString(d)) }), SigCryptoFailure},
		"NULL of a long form":       {info(func(d []byte) []byte { return sequence(sequence(sha256OID, []byte{5, 0x81, 0}), octetString(d)) }), SigCryptoFailure},
		"length of a long form":     {info(func(d []byte) []byte { i := digestInfo(d); return slices.Concat([]byte{0x30, 0x81}, i[1:]) }), SigCryptoFailure},
		"length with a zero before": {info(func(d []byte) []byte { i := digestInfo(d); return slices.Concat([]byte{0x30, 0x82, 0}, i[1:]) }), SigCryptoFailure},
		"indefinite length":         {info(func(d []byte) []byte { return indefinite(digestInfo(d)) }), SigCryptoFailure},
		"digest in pieces": {info(func(d []byte) []byte {
			return sequence(sequence(sha256OID, derNull), tlv(tagOctetString|constructed, octetString(d[:9]), octetString(d[9:])))
		}), SigCryptoFailure},
		"OID of SHA-384": {info(func(d []byte) []byte {
			return sequence(sequence(newOID("2.16.840.1.101.3.4.2.2").der(), derNull), octetString(d))
		}), SigCryptoFailure},
		"SHA-1": {info(func([]byte) []byte {
			d := sha1.Sum([]byte(content))
			return sequence(sequence(oidSHA1.der(), derNull), octetString(d[:]))
		}), SigCryptoFailure},
		"no DigestInfo":               {info(func(d []byte) []byte { return d }), SigCryptoFailure},
		"digest of something else":    {info(func([]byte) []byte { d := sha256.Sum256(nil); return digestInfo(d[:]) }), SigCryptoFailure},
		"digest cut":                  {info(func(d []byte) []byte { return digestInfo(d[:31]) }), SigCryptoFailure},
		"digest longer":               {info(func(d []byte) []byte { return digestInfo(append(bytes.Clone(d), 0)) }), SigCryptoFailure},
		"something behind the digest": {info(func(d []byte) []byte { return append(digestInfo(d), 0) }), SigCryptoFailure},
		"something inside, behind":    {info(func(d []byte) []byte { return sequence(sequence(sha256OID, derNull), octetString(d), derNull) }), SigCryptoFailure},
		"padding short, garbage behind": {func(d []byte) []byte {
			head := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xFF}, 8), []byte{0}, digestInfo(d))
			return raw(append(head, bytes.Repeat([]byte{0x5A}, size-len(head))...))
		}, SigCryptoFailure},
		"padding short, garbage inside": {func(d []byte) []byte {
			garbage := bytes.Repeat([]byte{0x5A}, 150)
			return raw(padded(size, sequence(sequence(sha256OID, derNull, octetString(garbage)), octetString(d))))
		}, SigCryptoFailure},
		"block type 0":          {message(func(b []byte) { b[1] = 0 }), SigCryptoFailure},
		"block type 2":          {message(func(b []byte) { b[1] = 2 }), SigCryptoFailure},
		"first octet 1":         {message(func(b []byte) { b[0] = 1 }), SigCryptoFailure},
		"a hole in the padding": {message(func(b []byte) { b[100] = 0xFE }), SigCryptoFailure},
		"a zero in the padding": {message(func(b []byte) { b[10] = 0 }), SigCryptoFailure},
		"padding of zeros":      {message(func(b []byte) { clear(b[2:20]) }), SigCryptoFailure},
		"no zero behind it":     {message(func(b []byte) { b[bytes.LastIndexByte(b[:size-51], 0xFF)+1] = 0xFF }), SigCryptoFailure},
		"PSS instead": {func(d []byte) []byte {
			v, _ := rsa.SignPSS(bytes.NewReader(make([]byte, 64)), key, crypto.SHA256, d, nil)
			return v
		}, SigCryptoFailure},
		"plus the modulus":         {func(d []byte) []byte { return new(big.Int).Add(power(padded(size, digestInfo(d))), key.N).Bytes() }, SigCryptoFailure},
		"a zero before":            {func(d []byte) []byte { return append([]byte{0}, raw(padded(size, digestInfo(d)))...) }, SigCryptoFailure},
		"a zero behind":            {func(d []byte) []byte { return append(raw(padded(size, digestInfo(d))), 0) }, SigCryptoFailure},
		"first octet gone":         {func(d []byte) []byte { return raw(padded(size, digestInfo(d)))[1:] }, SigCryptoFailure},
		"last octet gone":          {func(d []byte) []byte { return raw(padded(size, digestInfo(d)))[:size-1] }, SigCryptoFailure},
		"backwards":                {func(d []byte) []byte { b := raw(padded(size, digestInfo(d))); slices.Reverse(b); return b }, SigCryptoFailure},
		"nothing":                  {func([]byte) []byte { return nil }, SigCryptoFailure},
		"0":                        {func([]byte) []byte { return make([]byte, size) }, SigCryptoFailure},
		"1":                        {func([]byte) []byte { return big.NewInt(1).FillBytes(make([]byte, size)) }, SigCryptoFailure},
		"the modulus":              {func([]byte) []byte { return key.N.Bytes() }, SigCryptoFailure},
		"the modulus less 1":       {func([]byte) []byte { return new(big.Int).Sub(key.N, big.NewInt(1)).Bytes() }, SigCryptoFailure},
		"of ten times the length":  {func(d []byte) []byte { return make([]byte, 10*size) }, SigCryptoFailure},
		"the message, not a power": {func(d []byte) []byte { return padded(size, digestInfo(d)) }, SigCryptoFailure},
	} {
		f := newForge()
		f.signers[0].key = forger{key.Public(), c.value}
		if err := verified(t, f.encode(), content).Err(); !errors.Is(err, c.expect) || c.expect == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.expect)
		}
	}
}

// TestShortRSAValue shows that a value that begins with a zero octet must keep
// it.
func TestShortRSAValue(t *testing.T) {
	f := newForge()
	s := f.signers[0]
	key := s.key
	for n := int64(1); ; n++ {
		s.replace(newOID("1.2.3"), newAttribute(newOID("1.2.3"), integer(big.NewInt(n))))
		value := parsed(t, f.encode()).Signers[0].Signature
		if value[0] != 0 {
			continue
		}
		if err := verified(t, f.encode(), content).Err(); err != nil {
			t.Error(err)
		}
		s.key = forger{key.Public(), func([]byte) []byte { return value[1:] }}
		if err := verified(t, f.encode(), content).Err(); !errors.Is(err, SigCryptoFailure) {
			t.Errorf("without the zero: %v", err)
		}
		return
	}
}

// TestECDSAValues does the same for ECDSA values, which are two integers in DER
// (RFC 5753, 7.2).
func TestECDSAValues(t *testing.T) {
	p := fixture()
	key := p.p256.key.(*ecdsa.PrivateKey)
	order := key.Params().N
	type pair struct{ R, S *big.Int }
	sign := func(digest []byte) (v pair) {
		der, err := key.Sign(nil, digest, crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := asn1.Unmarshal(der, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	with := func(change func(v *pair)) func([]byte) []byte {
		return func(digest []byte) []byte {
			v := sign(digest)
			change(&v)
			der, err := asn1.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return der
		}
	}
	encoded := func(change func(der []byte) []byte) func([]byte) []byte {
		return func(digest []byte) []byte { return change(with(func(*pair) {})(digest)) }
	}
	for name, c := range map[string]struct {
		value  func(digest []byte) []byte
		expect error // nil: good
	}{
		"as it should be":      {with(func(*pair) {}), nil},
		"S turned round":       {with(func(v *pair) { v.S.Sub(order, v.S) }), nil}, // good too, for the same content and key
		"R of 0":               {with(func(v *pair) { v.R.SetInt64(0) }), SigCryptoFailure},
		"S of 0":               {with(func(v *pair) { v.S.SetInt64(0) }), SigCryptoFailure},
		"both 0":               {with(func(v *pair) { v.R, v.S = new(big.Int), new(big.Int) }), SigCryptoFailure},
		"both 1":               {with(func(v *pair) { v.R, v.S = big.NewInt(1), big.NewInt(1) }), SigCryptoFailure},
		"both the order":       {with(func(v *pair) { v.R, v.S = order, order }), SigCryptoFailure},
		"R plus the order":     {with(func(v *pair) { v.R.Add(v.R, order) }), SigCryptoFailure},
		"S plus the order":     {with(func(v *pair) { v.S.Add(v.S, order) }), SigCryptoFailure},
		"R negative":           {with(func(v *pair) { v.R.Neg(v.R) }), SigCryptoFailure},
		"S negative":           {with(func(v *pair) { v.S.Neg(v.S) }), SigCryptoFailure},
		"R less the order":     {with(func(v *pair) { v.R.Sub(v.R, order) }), SigCryptoFailure},
		"exchanged":            {with(func(v *pair) { v.R, v.S = v.S, v.R }), SigCryptoFailure},
		"nothing":              {func([]byte) []byte { return nil }, SigCryptoFailure},
		"an empty SEQUENCE":    {func([]byte) []byte { return sequence() }, SigCryptoFailure},
		"one INTEGER":          {encoded(func(b []byte) []byte { return sequence(b[2 : 4+b[3]]) }), SigCryptoFailure},
		"three INTEGERs":       {encoded(func(b []byte) []byte { return sequence(b[2:], integer(big.NewInt(1))) }), SigCryptoFailure},
		"something behind":     {encoded(func(b []byte) []byte { return append(b, 0) }), SigCryptoFailure},
		"indefinite length":    {encoded(indefinite), SigCryptoFailure},
		"a long form":          {encoded(func(b []byte) []byte { return slices.Concat([]byte{0x30, 0x81}, b[1:]) }), SigCryptoFailure},
		"a needless zero":      {encoded(func(b []byte) []byte { return sequence(slices.Concat([]byte{2, b[3] + 1, 0}, b[4:])) }), SigCryptoFailure},
		"an OCTET STRING in R": {encoded(func(b []byte) []byte { b[2] = tagOctetString; return b }), SigCryptoFailure},
		"raw, as in XML": {func(d []byte) []byte {
			v := sign(d)
			return append(v.R.FillBytes(make([]byte, 32)), v.S.FillBytes(make([]byte, 32))...)
		}, SigCryptoFailure},
	} {
		f := newForge()
		s := newForgedSigner(p.p256)
		s.key = forger{key.Public(), c.value}
		f.signers, f.certificates = []*forgedSigner{s}, [][]byte{p.p256.cert.Raw}
		if err := verified(t, f.encode(), content).Err(); !errors.Is(err, c.expect) || c.expect == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.expect)
		}
	}
}

// TestPSSValues shows that the salt must be as long as the parameters say.
func TestPSSValues(t *testing.T) {
	key := fixture().rsa.key.(*rsa.PrivateKey)
	params := func(salt int64) []byte { return pssParams(sha256Identifier, sha256Identifier, salt, 1) }
	with := func(salt int) func([]byte) []byte {
		return func(digest []byte) []byte {
			v, err := rsa.SignPSS(&sameRandom{}, key, crypto.SHA256, digest, &rsa.PSSOptions{SaltLength: salt})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	zero := func(b []byte) func([]byte) []byte { return func([]byte) []byte { return b } }
	for name, c := range map[string]struct {
		params []byte
		value  func([]byte) []byte
		expect error // nil: good
	}{
		"32, made with 32":       {params(32), with(32), nil},
		"20, made with 20":       {params(20), with(20), nil},
		"32, made with 20":       {params(32), with(20), SigCryptoFailure},
		"20, made with 32":       {params(20), with(32), SigCryptoFailure},
		"as long as fits":        {params(222), with(222), nil},
		"longer than fits":       {params(223), with(222), SigCryptoFailure},
		"negative":               {sequence(explicit(0, sha256Identifier), explicit(1, sequence(oidMGF1.der(), sha256Identifier)), explicit(2, tlv(tagInteger, []byte{0xFF}))), with(32), FormatFailure},
		"of 2^31":                {params(1 << 31), with(32), FormatFailure},
		"of 2^62":                {params(1 << 62), with(32), FormatFailure},
		"trailer of 2^32 + 1":    {pssParams(sha256Identifier, sha256Identifier, 32, 1<<32+1), with(32), FormatFailure},
		"twice":                  {sequence(explicit(2, integer(big.NewInt(32))), explicit(2, integer(big.NewInt(20)))), with(32), FormatFailure},
		"in another order":       {sequence(explicit(3, integer(big.NewInt(1))), explicit(2, integer(big.NewInt(32)))), with(32), FormatFailure},
		"a fifth parameter":      {sequence(explicit(4, integer(big.NewInt(1)))), with(32), FormatFailure},
		"NULL":                   {derNull, with(32), FormatFailure},
		"digest with parameters": {pssParams(sequence(newOID("2.16.840.1.101.3.4.2.1").der(), octetString(nil)), sha256Identifier, 32, 1), with(32), CryptoConstraintsFailure},
		"the value 0":            {params(32), zero(make([]byte, 256)), SigCryptoFailure},
		"PKCS #1 v1.5 made":      {params(32), func(d []byte) []byte { v, _ := key.Sign(nil, d, crypto.SHA256); return v }, SigCryptoFailure},
	} {
		f := newForge()
		f.signers[0].signatureAlgorithm = sequence(oidRSASSAPSS.der(), c.params)
		f.signers[0].key = forger{key.Public(), c.value}
		if err := verified(t, f.encode(), content).Err(); !errors.Is(err, c.expect) || c.expect == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.expect)
		}
	}
}

// sameRandom is a source of randomness that repeats itself.
type sameRandom struct{ n byte }

func (s *sameRandom) Read(b []byte) (int, error) {
	for i := range b {
		s.n = s.n*7 + 3
		b[i] = s.n
	}
	return len(b), nil
}
