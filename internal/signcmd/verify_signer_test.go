package signcmd

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// TestRequiredSigners: who counts as a signer that --signer names.
func TestRequiredSigners(t *testing.T) {
	t.Parallel()
	subject := pkix.Name{CommonName: "Taro Demo", Organization: []string{"Example"}}
	raw := []byte{0x30, 0x14, 0x31, 0x12, 0x30, 0x10, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x09, 'T', 'a', 'r', 'o', ' ', 'D', 'e', 'm', 'o'}
	c := &x509.Certificate{Raw: []byte("a certificate"), Subject: subject, RawSubject: raw}
	fingerprint := cert.FingerprintOf(c).String()
	var pairs []string
	for pair := range slices.Chunk([]byte(fingerprint), 2) {
		pairs = append(pairs, string(pair))
	}
	holder := &cert.Holder{Name: "山田　太郎"}
	of := func(role judging.Role, h *cert.Holder) judging.SignatureVerdict {
		return judging.SignatureVerdict{Found: judging.Found{Role: role, Cert: c}, Holder: h}
	}
	for name, v := range map[string]struct {
		said string
		judging.SignatureVerdict
		want bool
	}{
		"the holder's name":                      {"山田　太郎", of("signature", holder), true},
		"with another space":                     {" 山田 太郎 ", of("signature", holder), true},
		"a part of it":                           {"山田", of("signature", holder), false},
		"without its space":                      {"山田太郎", of("signature", holder), false},
		"the subject beside a holder":            {"Taro Demo", of("signature", holder), false},
		"the subject":                            {"Taro  Demo", of("signature", nil), true},
		"the subject of a holder without name":   {"Taro Demo", of("signature", &cert.Holder{}), true},
		"the subject as a whole":                 {cert.Name(raw), of("signature", nil), true},
		"another case":                           {"taro demo", of("signature", nil), false},
		"fingerprint":                            {fingerprint, of("signature", holder), true},
		"fingerprint in small letters":           {strings.ToLower(fingerprint), of("signature", holder), true},
		"fingerprint with colons":                {strings.Join(pairs, ":"), of("signature", nil), true},
		"fingerprint with spaces":                {strings.Join(pairs, " "), of("signature", nil), true},
		"a name of hexadecimal digits":           {"Abba", of("signature", &cert.Holder{Name: "Abba"}), true},
		"a part of the fingerprint":              {fingerprint[:62], of("signature", nil), false},
		"another fingerprint":                    {strings.Repeat("AB", 32), of("signature", holder), false},
		"a certification":                        {"山田 太郎", of(judging.RoleCertification, holder), true},
		"a timestamp":                            {"山田 太郎", of(judging.RoleTimestamp, holder), false},
		"a timestamp by its fingerprint":         {fingerprint, of(judging.RoleTimestamp, nil), false},
		"an embedded certificate's":              {"山田 太郎", of(judging.RoleEmbedded, holder), false},
		"a signature without its certificate":    {fingerprint, judging.SignatureVerdict{}, false},
		"a counter-signature of somebody else's": {"山田 太郎", judging.SignatureVerdict{Counter: []judging.SignatureVerdict{of(judging.RoleCounter, holder)}}, false},
	} {
		required, err := requiredSigners([]string{v.said})
		if err != nil || len(required) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := required[0].is(v.SignatureVerdict); got != v.want {
			t.Errorf("%s: %v", name, got)
		}
		missing := missingSigners(required, judging.FileVerdict{Signatures: []judging.SignatureVerdict{{}, v.SignatureVerdict}})
		if want := !v.want; (len(missing) == 1 && missing[0] == v.said) != want {
			t.Errorf("%s: missing: %q", name, missing)
		}
	}
}

// TestAllSignersRequired: each that is named must have signed.
func TestAllSignersRequired(t *testing.T) {
	t.Parallel()
	required, err := requiredSigners([]string{"甲", "乙", "丙"})
	if err != nil {
		t.Fatal(err)
	}
	var v judging.FileVerdict
	for _, name := range []string{"丙", "丁"} {
		v.Signatures = append(v.Signatures, judging.SignatureVerdict{Found: judging.Found{Cert: &x509.Certificate{Subject: pkix.Name{CommonName: name}}}})
	}
	if got := missingSigners(required, v); !slices.Equal(got, []string{"甲", "乙"}) {
		t.Errorf("%q", got)
	}
}

// TestEmptySigner: an unset variable in a script must not pass for nobody.
func TestEmptySigner(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", " ", "\u3000"} {
		_, err := requiredSigners([]string{"甲", said})
		if p, ok := problem.As(err); !ok || p.Code != problem.Usage {
			t.Errorf("%q: %v", said, err)
		}
	}
}

// TestSignatureTitles: the title on the page tells every role apart, and says
// that a timestamp and an embedded signature are nobody's under the document.
func TestSignatureTitles(t *testing.T) {
	t.Parallel()
	seen := map[string]judging.Role{}
	for role, want := range map[judging.Role]text{
		"signature":               {JA: "署名2", EN: "Signature 2"},
		judging.RoleCertification: {JA: "変更を限る", EN: "limits later changes"},
		judging.RoleCounter:       {JA: "署名への署名", EN: "over the signature"},
		judging.RoleTimestamp:     {JA: "署名ではありません", EN: "nobody's signature"},
		judging.RoleEmbedded:      {JA: "数えません", EN: "not counted"},
	} {
		for format, place := range map[string]text{"": {}, "pdf": {JA: ": 署名欄「S1」", EN: ": field S1"}, "xades": {JA: ": Id「S1」", EN: ": Id S1"}} {
			s := judging.SignatureVerdict{Found: judging.Found{Role: role, Format: format}}
			if format != "" {
				s.Where = "S1"
			}
			got := signatureTitle(s, 1)
			if !strings.Contains(got.JA, want.JA) || !strings.Contains(got.EN, want.EN) || !strings.HasSuffix(got.JA, place.JA) || !strings.HasSuffix(got.EN, place.EN) {
				t.Errorf("%s, %s: %q", role, format, got)
			}
			for _, title := range []string{got.JA, got.EN} {
				if other, ok := seen[title]; ok {
					t.Errorf("%s has the title of %s: %q", role, other, title)
				}
				seen[title] = role
			}
			if strings.Count(got.EN, "2") != 1 {
				t.Errorf("%s, %s: the number is not told once: %q", role, format, got.EN)
			}
		}
	}
}
