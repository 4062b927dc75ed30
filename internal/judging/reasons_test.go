package judging

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/trust"
)

// TestReasonTexts: every cause is told in its own words, wherever it lies in an
// error, and no earlier row of the table takes it away.
func TestReasonTexts(t *testing.T) {
	t.Parallel()
	seen := map[string]error{}
	for _, known := range reasonTexts {
		got := ReasonText(trust.Reason{Code: trust.Generic, Err: fmt.Errorf("in a file: %w", known.cause)})
		if got != known.text {
			t.Errorf("%v: %q, not %q", known.cause, got.EN, known.text.EN)
		}
		for _, s := range []string{got.JA, got.EN} {
			if s == "" || seen[s] != nil {
				t.Errorf("%v: %q, as %v", known.cause, s, seen[s])
			}
			seen[s] = known.cause
		}
	}
	for _, known := range revocationErrors {
		got := RevocationErrorText(fmt.Errorf("from a server: %w", known.cause))
		if got != known.text {
			t.Errorf("%v: %q, not %q", known.cause, got.EN, known.text.EN)
		}
		for _, s := range []string{got.JA, got.EN} {
			if s == "" || seen[s] != nil {
				t.Errorf("%v: %q, as %v", known.cause, s, seen[s])
			}
			seen[s] = known.cause
		}
	}
}

// TestOtherReasons: a cause without words of its own is told by its code, in
// English with the detail, and what a file has in it does not reach the
// terminal as it is.
func TestOtherReasons(t *testing.T) {
	t.Parallel()
	for code, want := range map[trust.Code]text{
		trust.FormatFailure:             {JA: "署名の形式が規格に合いません", EN: "the signature is not formed as the standards ask for ("},
		trust.HashFailure:               {JA: "署名された内容が変わっています", EN: "what was signed has changed ("},
		trust.NoSigningCertificateFound: {JA: "署名者の証明書がありません", EN: "the signer's certificate is missing ("},
		trust.ChainConstraintsFailure:   {JA: "証明書から認証局までのつながりが正しくありません", EN: "the chain from the certificate to its CA does not hold ("},
		trust.RevokedNoPOE:              {JA: "調べられないところがあります", EN: "odd"},
	} {
		got := ReasonText(trust.Reason{Code: code, Err: errors.New("odd\x1b[2Jname")})
		if got.JA != want.JA || !strings.HasPrefix(got.EN, want.EN) || !strings.Contains(got.EN, "odd") || strings.Contains(got.EN, "\x1b") {
			t.Errorf("%s: %q", code, got)
		}
	}
}

// TestReasonsOfChains: what is known to be wrong is not told as something that
// could not be looked at.
func TestReasonsOfChains(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		trust.ErrSignature, trust.ErrAlgorithm, trust.ErrNotYetValid, trust.ErrExpired, trust.ErrNotCA, trust.ErrNotEndEntity,
		trust.ErrKeyUsage, trust.ErrPolicy, trust.ErrKind, trust.ErrCriticalExtension, errors.New("x509: too many intermediates"),
	} {
		code := trust.ChainConstraintsFailure
		if errors.Is(err, trust.ErrAlgorithm) {
			code = trust.CryptoConstraintsFailureNoPOE
		}
		if got := ReasonText(trust.Reason{Code: code, Err: err}); got.JA == "調べられないところがあります" || got.EN == err.Error() {
			t.Errorf("%v: %+v", err, got)
		}
	}
}

func TestRevocationReason(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 4, 1, 3, 0, 0, 0, time.UTC) // 12:00 in Japan
	revoked := trust.Evidence{State: trust.RevocationRevoked, Since: since, Reason: 1}
	for name, c := range map[string]struct {
		trust.Reason
		ja, en []string // what is said
		not    string   // in English
	}{
		"revoked":   {trust.Reason{Code: trust.Revoked, Err: &trust.RevokedError{Evidence: revoked}}, []string{"証明書は失効しています", "鍵の漏えい"}, []string{"the certificate is revoked since", "key compromised", "12:00"}, "nothing proves"},
		"before":    {trust.Reason{Code: trust.RevokedNoPOE, Err: &trust.RevokedError{Evidence: revoked}}, []string{"その前に署名されたことは証明されていません"}, []string{"nothing proves that the signature is older"}, "CA"},
		"CA":        {trust.Reason{Code: trust.RevokedCANoPOE, CA: true, Err: &trust.RevokedError{Evidence: revoked}}, []string{"認証局の証明書は失効しています"}, []string{"the CA's certificate is revoked"}, "timestamp"},
		"authority": {trust.Reason{Code: trust.Revoked, Err: &authorityRevokedError{revoked}}, []string{"タイムスタンプ局の証明書が失効しています"}, []string{"timestamping authority's certificate is revoked"}, "CA"},
		"unchecked": {trust.Reason{Code: trust.TryLater, Err: fmt.Errorf("list: %w", trust.ErrStale)}, []string{"失効を確認できませんでした", "古くなっています"}, []string{"could not be checked", "out of date"}, "revoked since"},
		"refused":   {trust.Reason{Code: trust.TryLater, Err: trust.OCSPRefusal(6)}, []string{"レスポンダーが断りました"}, []string{"the responder refuses ("}, "the responder refuses: "},
	} {
		got, ok := RevocationReason(c.Reason)
		if !ok || got != ReasonText(c.Reason) {
			t.Errorf("%s: it is no reason of revocation: %q", name, got.EN)
		}
		for _, s := range c.ja {
			if !strings.Contains(got.JA, s) {
				t.Errorf("%s: %q without %q", name, got.JA, s)
			}
		}
		for _, s := range c.en {
			if !strings.Contains(got.EN, s) {
				t.Errorf("%s: %q without %q", name, got.EN, s)
			}
		}
		if strings.Contains(got.EN, c.not) {
			t.Errorf("%s: %q", name, got.EN)
		}
	}
	if got, ok := RevocationReason(reason(trust.HashFailure)); ok {
		t.Errorf("a changed file is told as %q", got.EN)
	}
}

// TestReasonsOfCRLs has words for every reason of RFC 5280, 5.3.1.
func TestReasonsOfCRLs(t *testing.T) {
	t.Parallel()
	for code, want := range map[trust.RevocationReason]string{
		0: "no reason given", 1: "key compromised", 2: "CA compromised", 3: "particulars changed", 4: "superseded",
		5: "no longer used", 6: "on hold", 9: "privilege withdrawn",
	} {
		if got := RevokedText(trust.Evidence{Reason: code}); !strings.HasSuffix(got.EN, "("+want+")") {
			t.Errorf("%d: %q", code, got.EN)
		}
	}
}
