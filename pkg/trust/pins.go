package trust

import (
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

// Pin is a CA certificate that this module knows by its fingerprint. The rest
// is for people, and to tell which CA a certificate asks for.
type Pin struct {
	ID           string    // sign-01, auth-03
	Kind         cert.Kind // SignCA or AuthCA
	Generation   int       // 1 is the oldest
	Serial       string    // as cert.Serial writes it
	SubjectKeyID string    // upper-case hexadecimal
	Validity     cert.Validity
	Fingerprint  cert.Fingerprint // SHA-256; this alone decides
}

// pins are the CAs of JPKI, read with openssl from the certificates that J-LIS
// publishes: see [OfficialPage]. A new generation appears about every four
// years.
var pins = []Pin{
	pin("sign-01", cert.SignCA, 1, "01", "0D034CBB34D0714F45E45A1CAFD8FD143FAB54A7",
		"2015-10-20T02:40:28Z", "2025-10-19T14:59:59Z",
		"19645405A1FE14377434BD55957628AC4038557C542403A2243F21C706FC9355"),
	pin("sign-02", cert.SignCA, 2, "0132C4AB", "4DE017DE4B7F473DCD867A62D38B134ACE83558A",
		"2019-09-14T23:41:56Z", "2029-09-14T14:59:59Z",
		"79679C33E4CC9319440F1AD120A597FF1844E2EF217063ADB176966FD5E6FBEB"),
	pin("sign-03", cert.SignCA, 3, "067C6A21", "D21EA55895617E93ADBF966B941AB4EDF653F08F",
		"2023-07-16T00:50:27Z", "2033-07-15T14:59:59Z",
		"D227F6CDE11D35C5252178F106F843D24651944975413B539FA2FB68DBFA365F"),
	pin("auth-01", cert.AuthCA, 1, "01", "9567951B5CA70D84A0FFF1D85A87F1AAB1340385",
		"2015-10-20T03:08:13Z", "2025-10-19T14:59:59Z",
		"4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D"),
	pin("auth-02", cert.AuthCA, 2, "0133C349", "8CD5586A891485E559379B7E29D410CFD28B3593",
		"2019-09-14T23:41:59Z", "2029-09-14T14:59:59Z",
		"0D98DE47FC11B7F67126874B7028B6026A803D2638D6EDFE53176953961FADE6"),
	pin("auth-03", cert.AuthCA, 3, "06D18006", "1AC100F596A3BC8C4B3DF195E32699249E9E308A",
		"2023-07-16T01:01:04Z", "2033-07-15T14:59:59Z",
		"64114F29620C24ED2631D46476A040E7EE740D956089C00B036A6A8118C322B5"),
}

// Pins lists the CAs of JPKI that this module knows, each kind from the oldest
// generation to the newest.
func Pins() []Pin { return append([]Pin(nil), pins...) }

// OfficialPage is the address of the page on which J-LIS publishes the
// certificates and fingerprints of a kind of CA, for comparing. It is "" for a
// kind that is no CA of JPKI.
func OfficialPage(kind cert.Kind) string {
	switch kind {
	case cert.SignCA:
		return "https://www.jpki.go.jp/ca/ca_rules3.html"
	case cert.AuthCA:
		return "https://www.jpki.go.jp/ca/ca_rules4.html"
	}
	return ""
}

// pin builds a row of a constant table, and panics on a mistake in one.
func pin(id string, kind cert.Kind, generation int, serial, keyID, notBefore, notAfter, fingerprint string) Pin {
	f, err := cert.ParseFingerprint(fingerprint)
	if err != nil {
		panic(id + ": " + err.Error())
	}
	return Pin{id, kind, generation, serial, keyID, cert.Validity{NotBefore: instant(notBefore), NotAfter: instant(notAfter)}, f}
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}
