package smime

import (
	"errors"
	"strings"
	"testing"
)

const signedMail = "From: =?UTF-8?B?5LiJ5a6f?= <info@bank.example>\nSubject: =?UTF-8?B?44GK55+l44KJ44Gb?=\nDate: Mon, 30 Nov 2026 10:00:00 +0900\nMIME-Version: 1.0\n" +
	"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\n micalg=sha-256; boundary=\"b=1\"\n\nThis is a signed mail.\n" +
	"--b=1\nContent-Type: text/plain\n\nHello,\n--b=10\nthis is all.\n\n--b=1 \nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nMAAA\n AAAA\n--b=1--\nbehind\n"

func TestParse(t *testing.T) {
	for _, text := range []string{
		signedMail, strings.ReplaceAll(signedMail, "\n", "\r\n"), "\xEF\xBB\xBF" + signedMail, "From somebody Mon Nov 30\n" + signedMail,
		strings.ReplaceAll(signedMail, "pkcs7-signature", "x-pkcs7-signature"),
		strings.Replace(signedMail, " protocol=\"application/pkcs7-signature\";", "", 1),
		strings.Replace(signedMail, "Encoding: base64", "Encoding: Base64 (as RFC 2045)", 1),
		strings.Replace(signedMail, "base64\n\nMAAA\n AAAA", "quoted-printable\n\n0=00=00=00=00=\n=00", 1),
		// お知らせ and a name, as Japanese mail programs write them
		strings.Replace(strings.Replace(signedMail, "=?UTF-8?B?44GK55+l44KJ44Gb?=", "=?ISO-2022-JP?B?GyRCJCpDTiRpJDsbKEI=?=", 1), "=?UTF-8?B?5LiJ5a6f?=", "=?iso-2022-jp?B?GyRCOzBANhsoQg==?=", 1),
		strings.Replace(signedMail, "=?UTF-8?B?5LiJ5a6f?=", "=?x-unknown?B?/w==?=", 1),
	} {
		m, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(m.Content); got != "Content-Type: text/plain\r\n\r\nHello,\r\n--b=10\r\nthis is all.\r\n" {
			t.Errorf("content %q", got)
		}
		if len(m.Signature) != 6 || m.Signature[0] != 0x30 {
			t.Errorf("signature % X", m.Signature)
		}
		if len(m.From) != 1 || m.From[0] != "info@bank.example" || m.Subject != "お知らせ" || m.Date != "Mon, 30 Nov 2026 10:00:00 +0900" {
			t.Errorf("%q %q %q", m.From, m.Subject, m.Date)
		}
		if !IsMail([]byte(text)[:64]) {
			t.Errorf("no mail: %q", text[:64])
		}
	}
	for _, kind := range []string{
		"application/pkcs7-mime; smime-type=signed-data", "application/octet-stream; name=\"SMIME.P7M\"", "application/octet-stream\nContent-Disposition: attachment; filename=smime.p7m",
	} {
		m, err := Parse([]byte("Content-Type: " + kind + "\nContent-Transfer-Encoding: BASE64\n\nMAAA\n"))
		if err != nil || m.Content != nil || len(m.Signature) != 3 {
			t.Errorf("%s: %v, %+v", kind, err, m)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for what, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":                {"", ErrNotSigned},
		"a text":                 {"Hello\nworld\n", ErrNotMail},
		"no type":                {"From: a@example.com\n\ntext\n", ErrNotSigned},
		"plain":                  {"Content-Type: text/plain\n\ntext\n", ErrNotSigned},
		"encrypted":              {"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nMAAA\n", ErrNotSigned},
		"OpenPGP":                {strings.Replace(signedMail, "application/pkcs7-signature\"", "application/pgp-signature\"", 1), ErrNotSigned},
		"a signature beside it":  {strings.Replace(signedMail, "multipart/signed", "multipart/mixed", 1), ErrNotSigned},
		"attached":               {"Content-Type: multipart/mixed; boundary=L\n\n--L\n\nlook\n--L\nContent-Type: message/rfc822\n\n" + signedMail + "--L--\n", ErrPartSigned},
		"of a mailing list":      {"Content-Type: multipart/mixed; boundary=L\n\n--L\n" + signedMail[strings.Index(signedMail, "Content-Type"):] + "--L\n\nfooter\n--L--\n", ErrPartSigned},
		"nothing signed in it":   {"Content-Type: multipart/mixed; boundary=L\n\n--L\n\nlook\n--L--\n", ErrNotSigned},
		"another file":           {"Content-Type: application/octet-stream; name=a.pdf\n\nMAAA\n", ErrNotSigned},
		"two types":              {"Content-Type: text/plain\n" + signedMail, ErrMalformed},
		"two senders":            {"From: other@example.com\n" + signedMail, ErrMalformed},
		"no end":                 {strings.Replace(signedMail, "--b=1--", "", 1), ErrMalformed},
		"one part":               {strings.Replace(signedMail, "--b=1 \n", "", 1), ErrMalformed},
		"three parts":            {strings.Replace(signedMail, "--b=1 \n", "--b=1 \n\n--b=1\n", 1), ErrMalformed},
		"no signature":           {strings.Replace(signedMail, "Content-Type: application/pkcs7-signature", "Content-Type: text/html", 1), ErrMalformed},
		"no base64":              {strings.Replace(signedMail, "MAAA", "M*AA", 1), ErrMalformed},
		"another encoding":       {strings.Replace(signedMail, "base64", "x-uuencode", 1), ErrMalformed},
		"no boundary":            {strings.Replace(signedMail, "; boundary=\"b=1\"", "", 1), ErrMalformed},
		"a header that is none":  {"Content-Type: text/plain\nnonsense\n\n", ErrNotMail},
		"a sender that is none":  {strings.Replace(signedMail, "<info@bank.example>", "<info@", 1), ErrMalformed},
		"begins with a folding":  {" folded\n" + signedMail, ErrNotMail},
		"key material alone":     {"Content-Type: application/pkcs7-mime; smime-type=certs-only\n\nMAAA\n", ErrNotSigned},
		"a type without meaning": {"Content-Type: /;;\n\n", ErrNotSigned},
	} {
		if m, err := Parse([]byte(c.text)); !errors.Is(err, c.want) || errors.Is(err, ErrPartSigned) != (c.want == ErrPartSigned) {
			t.Errorf("%s: %v, %+v, want %v", what, err, m, c.want)
		}
	}
	for _, head := range []string{"", "{\"a\": 1}", "%PDF-1.7\n", "<?xml version=\"1.0\"?>", "Note: a text\nwith a colon\n", "-----BEGIN CMS-----\n"} {
		if IsMail([]byte(head)) {
			t.Errorf("a mail: %q", head)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(signedMail))
	f.Add([]byte("Content-Type: application/pkcs7-mime\n\nMAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err == nil && m.Content == nil && m.Signature == nil {
			t.Error("neither content nor signature")
		}
	})
}
