package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"os"
	"path/filepath"
	"testing"
)

// seeds are whole signatures: ours, those in testdata, some in BER, and damaged
// ones.
func seeds(f *testing.F) [][]byte {
	p := fixture()
	rsa := p.rsa.sign(f, crypto.SHA256)
	all := [][]byte{rsa, p.p256.sign(f, crypto.SHA384), toBER(rsa, 1), toBER(rsa, 4), rsa[:len(rsa)/2], p.ca.cert.Raw, nil}
	for _, change := range []func(*forge, *forgedSigner){
		func(f *forge, s *forgedSigner) { s.withoutAttributes(content) },
		func(f *forge, s *forgedSigner) { f.eContent = octetString([]byte(content)) },
		func(f *forge, s *forgedSigner) {
			f.eContent = indefinite(tlv(tagOctetString|constructed, octetString([]byte(content[:5])), octetString([]byte(content[5:]))))
		},
		func(f *forge, s *forgedSigner) {
			f.version, s.version, s.sid = 3, 3, tlv(tagContext, p.rsa.cert.SubjectKeyId)
		},
		func(f *forge, s *forgedSigner) {
			s.signatureAlgorithm = sequence(oidRSASSAPSS.der(), pssParams(sha256Identifier, sha256Identifier, 32, 1))
		},
		func(f *forge, s *forgedSigner) {
			s.unsigned = tlv(tagExplicit|1, newAttribute(oidData, derNull))
			f.signers = append(f.signers, newForgedSigner(p.p256))
		},
	} {
		forged := newForge()
		change(forged, forged.signers[0])
		all = append(all, forged.encode())
	}
	all = append(all, countersigned(f, nil))
	files, err := filepath.Glob("testdata/*.p7?")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds in testdata")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, data)
	}
	return all
}

// FuzzParse shows that everything that Parse accepts can be used without a
// panic, and that no result claims more than the input has.
func FuzzParse(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if out, ok := appendTo(in, signerInfoPath, derNull); ok != bytes.Contains(out, derNull) {
			t.Errorf("has a place: %v, and became %x", ok, out)
		}
		sd, err := Parse(in)
		if err != nil {
			if sd != nil {
				t.Error("result beside an error")
			}
			return
		}
		var inside bytes.Buffer
		if err := sd.WriteContent(&inside); (err != nil) != sd.Detached() || inside.Len() > len(in) {
			t.Errorf("detached %v, %d octets of content: %v", sd.Detached(), inside.Len(), err)
		}
		for _, c := range []*Content{nil, hashed(t, content, sd.Hashes()...), {}} {
			rs := sd.Verify(c)
			if len(rs) != len(sd.Signers) || len(rs) == 0 && rs.Err() == nil {
				t.Errorf("%d results of %d signers: %v", len(rs), len(sd.Signers), rs.Err())
			}
			for _, r := range rs {
				for _, s := range r.Timestamps {
					if _, err := s.Verify(); (s.Timestamp == nil) != (s.Err != nil) || s.Err != nil && err == nil {
						t.Errorf("%+v: %v", s, err)
					}
				}
			}
		}
	})
}

// FuzzVerify shows that no input without a key makes a good signature, and that
// a good one covers this content only.
func FuzzVerify(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed, content)
		f.Add(seed, "other content")
	}
	f.Fuzz(func(t *testing.T, in []byte, text string) {
		sd, err := Parse(in)
		if err != nil {
			return
		}
		c := hashed(t, text, sd.Hashes()...)
		if !sd.Detached() {
			var inside bytes.Buffer
			if err := sd.WriteContent(&inside); err != nil {
				t.Fatal(err)
			}
			c, text = nil, inside.String()
		}
		results := sd.Verify(c)
		for _, r := range results {
			if r.Err() == nil && text != content {
				t.Errorf("good over %q", text)
			}
			results = append(results, r.Counter...)
		}
		for _, r := range results {
			if r.Err() != nil {
				continue
			}
			if !knownKey(r.Certificate.PublicKey) {
				t.Errorf("good by a key that signed nothing: %v", r.Certificate.Subject)
			}
		}
	})
}

// knownKey reports whether the key belongs to one of those who signed content.
func knownKey(key crypto.PublicKey) bool {
	p := fixture()
	for _, h := range []holder{p.rsa, p.p256} {
		switch public := h.cert.PublicKey.(type) {
		case *rsa.PublicKey:
			if public.Equal(key) {
				return true
			}
		case *ecdsa.PublicKey:
			if public.Equal(key) {
				return true
			}
		}
	}
	return false
}

// FuzzBER shows that re-encoding in DER keeps the meaning.
func FuzzBER(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Add([]byte("\x31\x80\x24\x80\x04\x01a\x04\x01b\x00\x00\x05\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, rest, err := split(in, 0)
		if err != nil {
			return
		}
		if !bytes.Equal(append(bytes.Clone(e.full), rest...), in) || len(e.body) >= len(e.full) {
			t.Fatalf("%x split into %x and %x", in, e.full, rest)
		}
		der, err := e.der()
		if err != nil {
			return
		}
		if len(der) > len(e.full) {
			t.Errorf("DER of %x is longer: %x", e.full, der)
		}
		again, rest, err := split(der, 0)
		if err != nil || len(rest) != 0 {
			t.Fatalf("%x: %v", der, err)
		}
		if twice, err := again.der(); err != nil || !bytes.Equal(twice, der) {
			t.Errorf("DER of %x is %x, and of that %x: %v", e.full, der, twice, err)
		}
	})
}

// FuzzArchive changes signatures with archive timestamps. A timestamp that is
// accepted must be the authority's and cover the timestamps before it.
func FuzzArchive(f *testing.F) {
	tsa := newAuthority(f, nil)
	lt, err := AddValidation(tsa.stamped(fixture().rsa.sign(f, crypto.SHA256)), [][]byte{tsa.cert.Raw}, [][]byte{sequence(octetString([]byte("a list")))}, nil)
	if err != nil {
		f.Fatal(err)
	}
	lta := tsa.archive(lt, crypto.SHA256)
	for _, seed := range [][]byte{lta, tsa.archive(lta, crypto.SHA256), tsa.stamped(lta), tsa.archive(fixture().rsa.sign(f, crypto.SHA256), crypto.SHA384)} {
		f.Add(seed, content)
		f.Add(seed, "other content")
	}
	f.Fuzz(func(t *testing.T, in []byte, text string) {
		sd, err := Parse(in)
		if err != nil {
			return
		}
		for _, r := range sd.Verify(hashed(t, text, sd.Hashes()...)) {
			archived := 0
			for _, s := range r.Timestamps {
				by, err := s.Verify()
				if err != nil || !s.Archive {
					continue
				}
				if archived++; !by.Equal(tsa.cert) || text != content && sd.Detached() {
					t.Errorf("believed over %q, of %v", text, by.Subject)
				}
			}
			if archived > MaxTimestamps {
				t.Errorf("%d archive timestamps", archived)
			}
		}
	})
}

// FuzzTimestampResponse shows that no .tsr over this content can be made
// without the authority's key.
func FuzzTimestampResponse(f *testing.F) {
	tsa := newAuthority(f, nil)
	request, err := NewTimestampRequest(crypto.SHA256, []byte(content))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tsa.answer(request.DER()))
	f.Add(sequence(sequence([]byte{tagInteger, 1, 2})))
	f.Fuzz(func(t *testing.T, response []byte) {
		stamp, err := ParseTimestampResponse(response)
		if err != nil {
			return
		}
		if by, err := stamp.Verify([]byte("other content")); err == nil {
			t.Errorf("over something else, by %v", by.Subject)
		}
		if by, err := stamp.Verify([]byte(content)); err == nil && !by.Equal(tsa.cert) {
			t.Errorf("by %v", by.Subject)
		}
		if again, err := ParseTimestampResponse(TimestampResponse(stamp.Token)); err != nil || !again.Time.Equal(stamp.Time) {
			t.Errorf("written anew: %v", err)
		}
	})
}
