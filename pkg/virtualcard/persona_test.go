package virtualcard

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// renewalOpens repeats the rule of the renewal window: it opens the day after
// the same day three months before the last one, or after that month's end.
func renewalOpens(last time.Time) time.Time {
	y, m, d := last.In(jst).Date()
	end := time.Date(y, m-2, 0, 0, 0, 0, 0, jst) // the last day three months before
	return time.Date(end.Year(), end.Month(), min(d, end.Day())+1, 0, 0, 0, 0, jst)
}

// TestPersonasKeepTheirState shows that each persona keeps its state over the
// promised years, at the first and last moment of every month in Japan.
func TestPersonasKeepTheirState(t *testing.T) {
	for month := date(2024, 1, 1); month.Year() <= 2045; month = month.AddDate(0, 1, 0) {
		for _, now := range []time.Time{month, month.AddDate(0, 1, 0).Add(-time.Second).UTC()} {
			for _, p := range Personas() {
				notBefore, notAfter := p.Validity(now)
				valid := !now.Before(notBefore) && !now.After(notAfter)
				renewal := valid && !now.Before(renewalOpens(notAfter))
				if wantValid, wantRenewal := p.Name != "expired" && p.Name != "juki", p.Name == "expiring"; valid != wantValid ||
					(renewal != wantRenewal && p.Name != "foreign") {
					t.Errorf("%s at %v: valid %t, renewal %t (%v to %v)", p.Name, now, valid, renewal, notBefore, notAfter)
				}
				sign, auth := DemoCAs()
				for _, ca := range []CA{sign, auth} {
					if notBefore.Before(ca.Certificate.NotBefore) || notAfter.After(ca.Certificate.NotAfter) {
						t.Errorf("%s at %v: %v to %v is not inside its CA's time", p.Name, now, notBefore, notAfter)
					}
				}
				if p.Name == "juki" {
					if last := notAfter.In(jst).Format("20060102"); last != "20181221" {
						t.Errorf("%s at %v ended on %s", p.Name, now, last)
					}
					continue // its certificates had three years
				}
				checkLastDay(t, p, now)
				if card := p.CardLastDay(now); card.Add(24*time.Hour).Before(notAfter) || p.Name == "adult" && !card.After(notAfter) {
					t.Errorf("%s at %v: the card ends on %v, its certificates on %v", p.Name, now, card, notAfter)
				}
			}
		}
	}
}

// checkLastDay checks that the last day ends at midnight in Japan, and that it
// is the fifth birthday after issue unless the stay ends before.
func checkLastDay(t *testing.T, p Persona, now time.Time) {
	t.Helper()
	notBefore, notAfter := p.Validity(now)
	if clock := notAfter.In(jst).Format("15:04:05"); clock != "23:59:59" {
		t.Errorf("%s at %v ends at %s JST", p.Name, now, clock)
	}
	birth := p.Holder(now).Birth
	if p.Name == "foreign" {
		if birth != "019921000" {
			t.Errorf("foreign: birth %q", birth)
		}
		return
	}
	born, err := time.ParseInLocation("20060102", birth[1:], jst)
	if err != nil {
		t.Fatalf("%s: birth %q: %v", p.Name, birth, err)
	}
	birthdays := 0
	for day := born; !day.After(notAfter); day = day.AddDate(1, 0, 0) {
		if day.After(notBefore) {
			birthdays++
		}
	}
	if last := notAfter.In(jst); birthdays != 5 || last.Month() != born.Month() || last.Day() != born.Day() {
		t.Errorf("%s at %v: last day %v is birthday %d after %v, born %v", p.Name, now, last, birthdays, notBefore, born)
	}
	if p.Name == "child" && !born.AddDate(15, 0, 0).After(now) {
		t.Errorf("child at %v is 15: born %v", now, born)
	}
}

func TestEras(t *testing.T) {
	for day, want := range map[time.Time]string{
		date(1980, 2, 17): "319800217",
		date(1989, 1, 7):  "319890107",
		date(1989, 1, 8):  "419890108",
		date(2019, 4, 30): "420190430",
		date(2019, 5, 1):  "520190501",
	} {
		if got := eraDate(day); got != want {
			t.Errorf("birth %v is %s, want %s", day, got, want)
		}
	}
}

func TestYearsOutsideTheRange(t *testing.T) {
	for year, like := range map[int]int{1970: 2024, 2023: 2024, 2046: 2045, 2999: 2045} {
		for _, p := range Personas() {
			month := time.January
			if year > like {
				month = time.December
			}
			_, got := p.Validity(date(year, 7, 7))
			if _, want := p.Validity(date(like, month, 1)); !got.Equal(want) {
				t.Errorf("%s in %d ends %v, want %v", p.Name, year, got, want)
			}
		}
	}
}

func TestSubstituteFlagsFitTheText(t *testing.T) {
	substituted := 0
	for _, p := range Personas() {
		h := p.Holder(testNow)
		if !strings.Contains(h.Name, "デモ") || !strings.Contains(h.Address, "デモ") {
			t.Errorf("%s does not say デモ: %+v", p.Name, h)
		}
		if !strings.Contains(h.Name, "　") {
			t.Errorf("%s: no full-width space in %q", p.Name, h.Name)
		}
		for text, flags := range map[string]string{h.Name: h.NameSubstitute, h.Address: h.AddressSubstitute} {
			if len(flags) != len([]rune(text)) || strings.Trim(flags, "01") != "" {
				t.Errorf("%s: flags %q do not fit %q", p.Name, flags, text)
			}
			if strings.Contains(flags, "1") {
				substituted++
			}
		}
	}
	if substituted < 3 {
		t.Errorf("%d texts with substitute characters, want a name and an address of foreign and another name", substituted)
	}
}

func TestCertificatesChangeSeldom(t *testing.T) {
	for _, p := range Personas() {
		changes := 0
		var before []byte
		for month := date(2026, 1, 1); month.Year() == 2026; month = month.AddDate(0, 1, 0) {
			now := p.authCertificate(month)
			if !bytes.Equal(now, p.authCertificate(month.AddDate(0, 1, 0).Add(-time.Second).UTC())) {
				t.Errorf("%s: the certificate changes within the month of %v", p.Name, month)
			}
			if before != nil && !bytes.Equal(before, now) {
				changes++
			}
			before = now
		}
		if want := map[bool]int{true: 11, false: 0}[p.Name == "expiring"]; changes != want {
			t.Errorf("%s: %d changes within a year, want %d", p.Name, changes, want)
		}
	}
}

func TestCertificatesAreDeterministicAndDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, p := range Personas() {
		for name, der := range map[string][]byte{"sign": p.signCertificate(testNow), "auth": p.authCertificate(testNow)} {
			certificate, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			id := string(certificate.RawIssuer) + certificate.SerialNumber.String()
			if other := seen[id]; other != "" {
				t.Errorf("%s %s has the serial number of %s", p.Name, name, other)
			}
			seen[id] = p.Name + " " + name
		}
		if !bytes.Equal(p.signCertificate(testNow), p.signCertificate(testNow)) {
			t.Errorf("%s: two signing certificates from the same input", p.Name)
		}
	}
}

// openssl runs the openssl command. A machine without it fails the test.
func openssl(t *testing.T, arg ...string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("openssl judges on Linux")
	}
	out, err := exec.Command("openssl", arg...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(arg, " "), err, out)
	}
	return string(out)
}

func writePEM(t *testing.T, dir, name string, der []byte) string {
	t.Helper()
	path := filepath.Join(dir, name+".pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestProfileAsOpenSSLSeesIt reads each persona's certificates from its card
// and checks their profile in the output of openssl.
func TestProfileAsOpenSSLSeesIt(t *testing.T) {
	for _, p := range Personas() {
		t.Run(p.Name, func(t *testing.T) {
			dir := t.TempDir()
			c := newCard(t, p.Name, Options{})
			play(t, c, "{jpki} 9000")
			if p.Phone {
				play(t, c, "{pin a} 9000\n{auth ok} 9000")
			}
			auth := checkProfile(t, dir, p, "auth", readFile(t, c, 0x000A), readFile(t, c, 0x000B))
			wantLines(t, auth,
				`Issuer: C=JP, O=JPKI DEMO, OU=JPKI DEMO for user authentication, OU=DEMO - not a real CA`,
				`Subject: C=JP, CN=DEMO[A-Z2-7]{19}`,
				`X509v3 Key Usage: critical\n\s+Digital Signature\n`,
				`X509v3 Certificate Policies: critical\n\s+Policy: 1.2.392.200149.8.5.1.3.30\n`,
				`OU = JPKI DEMO for user authentication, OU = CRL Distribution Points`,
			)
			if strings.Contains(auth, "Subject Alternative Name") {
				t.Error("the authentication certificate has a subjectAltName")
			}
			if !p.SignCertificate {
				return
			}
			if p.SignTries == 0 { // locked: no PIN opens the file any more
				c.sign.verified = true
			} else {
				play(t, c, "{pin s} 9000\n{sign ok} 9000")
			}
			sign := checkProfile(t, dir, p, "sign", readFile(t, c, 0x0001), readFile(t, c, 0x0002))
			h := p.Holder(testNow)
			wantLines(t, sign,
				`Issuer: C=JP, O=JPKI DEMO, OU=JPKI DEMO for digital signature, OU=DEMO - not a real CA`,
				`Subject: C=JP, L=[A-Z][a-z]+(-(to|fu|ken))?, L=Demo-(ku|shi), CN=DEMO[0-9]{19}\n`,
				`X509v3 Key Usage: critical\n\s+Digital Signature, Non Repudiation\n`,
				`X509v3 Certificate Policies: critical\n\s+Policy: 1.2.392.200149.8.5.1.1.20\n`,
				`OU = JPKI DEMO for digital signature, OU = CRL Distribution Points`,
				`X509v3 Subject Alternative Name: \n\s+`+
					`othername: 1.2.392.200149.8.5.5.1::`+regexp.QuoteMeta(h.Name)+
					`, othername: 1.2.392.200149.8.5.5.4::`+h.Birth+
					`, othername: 1.2.392.200149.8.5.5.3::`+h.Sex+
					`, othername: 1.2.392.200149.8.5.5.5::`+regexp.QuoteMeta(h.Address)+
					`, othername: 1.2.392.200149.8.5.5.2::`+h.NameSubstitute+
					`, othername: 1.2.392.200149.8.5.5.6::`+h.AddressSubstitute+`\n`,
			)
		})
	}
}

// checkProfile checks the common part of both profiles and returns the
// certificate as openssl prints it.
func checkProfile(t *testing.T, dir string, p Persona, name string, file, caFile []byte) string {
	t.Helper()
	der, caDER := trimDER(t, file), trimDER(t, caFile)
	if len(der) < 1100 || len(der) > 1800 {
		t.Errorf("%s certificate has %d bytes, a real one 1.1 to 1.7 KB", name, len(der))
	}
	path, ca := writePEM(t, dir, name, der), writePEM(t, dir, name+"-ca", caDER)
	notBefore, notAfter := p.Validity(testNow)
	for _, at := range []time.Time{notBefore, notAfter.Add(-time.Second)} { // for openssl the last second is over
		openssl(t, "verify", "-x509_strict", "-check_ss_sig", "-attime", big.NewInt(at.Unix()).String(), "-CAfile", ca, path)
	}
	structure := openssl(t, "asn1parse", "-in", path)
	wantLines(t, structure, `PRINTABLESTRING   :JP\n`, `UTF8STRING        :JPKI DEMO\n`, `UTF8STRING        :DEMO`, `UTCTIME           :\d{6}145959Z`)
	if strings.Contains(structure, "PRINTABLESTRING   :JPKI") {
		t.Error("names are PrintableString, JPKI's are UTF8String")
	}
	text := openssl(t, "x509", "-in", path, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space")
	wantLines(t, text,
		`Version: 3 `,
		`Signature Algorithm: sha256WithRSAEncryption`,
		`Not After : .* 14:59:59 \d{4} GMT`,
		`Public-Key: \(2048 bit\)`,
		`Exponent: 65537 `,
		`X509v3 Subject Key Identifier: `,
		`X509v3 Authority Key Identifier: `,
		`OCSP - URI:http://ocsp.jpki-demo.invalid\n`,
		`X509v3 Issuer Alternative Name: \n\s+DirName:/C=JP/O=`,
		`X509v3 CRL Distribution Points: \n\s+Full Name:\n\s+DirName:`,
	)
	for _, absent := range []string{"Basic Constraints", "Extended Key Usage"} {
		if strings.Contains(text, absent) {
			t.Errorf("%s certificate has %s", name, absent)
		}
	}

	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if len(certificate.UnhandledCriticalExtensions) > 0 || len(certificate.CRLDistributionPoints) > 0 {
		t.Errorf("%s certificate as Go sees it: critical %v, CRL %v", name, certificate.UnhandledCriticalExtensions, certificate.CRLDistributionPoints)
	}
	if !certificate.NotBefore.Equal(notBefore) || !certificate.NotAfter.Equal(notAfter) {
		t.Errorf("%s certificate runs from %v to %v, Validity says %v to %v", name, certificate.NotBefore, certificate.NotAfter, notBefore, notAfter)
	}
	authority, err := x509.ParseCertificate(caDER)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(certificate.AuthorityKeyId, authority.SubjectKeyId) {
		t.Errorf("%s certificate: authority key identifier is not the CA's", name)
	}
	return text
}

// trimDER removes the padding of a certificate file.
func trimDER(t *testing.T, file []byte) []byte {
	t.Helper()
	if len(file) < 4 || file[0] != 0x30 || file[1] != 0x82 {
		t.Fatalf("no certificate: % X", file[:min(4, len(file))])
	}
	return file[:4+int(file[2])<<8+int(file[3])]
}

func wantLines(t *testing.T, text string, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(text) {
			t.Errorf("nothing matches %q in\n%s", pattern, text)
		}
	}
}

func TestLookup(t *testing.T) {
	nobody, ok := Lookup("nobody")
	if ok {
		t.Error("Lookup found nobody")
	}
	nobody.Holder(testNow) // says nothing, and does not panic
	nobody.Validity(testNow)
	names := map[string]bool{}
	for _, p := range Personas() {
		if got, ok := Lookup(p.Name); !ok || got.Name != p.Name || p.Description == "" || names[p.Name] {
			t.Errorf("persona %q", p.Name)
		}
		names[p.Name] = true
	}
	for _, name := range []string{"adult", "expiring", "expired", "child", "no-pin", "locked-sign", "last-try", "android", "iphone", "juki", "foreign"} {
		if !names[name] {
			t.Errorf("no persona %q", name)
		}
	}
	if personas := Personas(); personas[0].Name != "adult" {
		t.Error("the ordinary card is not the first")
	} else if personas[0].Name = "changed"; Personas()[0].Name != "adult" {
		t.Error("the table can be changed from outside")
	}
}
