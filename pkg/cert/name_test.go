package cert

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

func TestName(t *testing.T) {
	emailAddress := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	unknownType := asn1.ObjectIdentifier{1, 2, 3, 4}
	two := pkix.RelativeDistinguishedNameSET{commonName("a")[0], unit("b")[0]}
	for want, name := range map[string][]byte{
		"C=JP, O=JPKI, OU=" + signUnit + ", OU=" + agency: caName(t, "JPKI", signUnit),
		"C=JP, L=Tokyo-to, L=Kiyose-shi, CN=123":          dn(t, country(), locality("Tokyo-to"), locality("Kiyose-shi"), commonName("123")),
		"CN=公的個人認証サービス":                                   dn(t, commonName("公的個人認証サービス")),
		"emailAddress=a@example.jp, 1.2.3.4=v":            dn(t, rdn(emailAddress, utf8String("a@example.jp")), rdn(unknownType, "v")),
		"C=JP, CN=a+OU=b":                                 dn(t, country(), two),
		`CN=a\, O\=b\+c\"\\\<\>\;`:                        dn(t, commonName(`a, O=b+c"\<>;`)),
		`CN=\ #1 \ `:                                      dn(t, commonName(" #1  ")),
		`CN=\#1`:                                          dn(t, commonName("#1")),
		`CN=a\1B[2J\0A\E2\80\AEb`:                         dn(t, commonName("a\x1b[2J\n\u202eb")),
		`CN=Müller`:                                       dn(t, commonName(asn1.RawValue{Tag: asn1.TagT61String, Bytes: []byte("M\xfcller")})),
		"CN=#02012A":                                      dn(t, commonName(42)),
		"":                                                dn(t),
		"#0500":                                           {0x05, 0x00},
		"#":                                               nil,
		"#300000":                                         {0x30, 0x00, 0x00},
	} {
		if got := Name(name); got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

func FuzzName(f *testing.F) {
	f.Add(caName(f, "JPKI", signUnit))
	f.Add(dn(f, commonName("\u202e\x1b")))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, name []byte) {
		mustBePrintable(t, Name(name))
	})
}
