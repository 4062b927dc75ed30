package apdu_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

func TestStatusMeaning(t *testing.T) {
	for _, c := range []struct {
		sw   apdu.Status
		want string
	}{
		{apdu.StatusOK, "card status 9000: success"},
		{0x6112, "card status 6112: 18 more bytes available"},
		{0x6100, "card status 6100: 256 more bytes available"},
		{0x6200, "card status 6200: warning, memory unchanged"},
		{apdu.StatusEndOfFile, "card status 6282: end of file reached before Ne bytes"},
		{0x6299, "card status 6299: warning, memory unchanged"},
		{0x6300, "card status 6300: verification failed, no further information"},
		{0x6381, "card status 6381: warning, memory changed"},
		{0x63C0, "card status 63C0: verification failed, 0 tries left"},
		{0x63C4, "card status 63C4: verification failed, 4 tries left"},
		{0x63CF, "card status 63CF: verification failed, 15 tries left"},
		{0x6401, "card status 6401: execution error, memory unchanged"},
		{0x6500, "card status 6500: execution error, memory changed"},
		{0x6581, "card status 6581: memory failure"},
		{apdu.StatusWrongLength, "card status 6700: wrong length"},
		{0x6883, "card status 6883: function in CLA not supported"},
		{apdu.StatusSecurityNotSatisfied, "card status 6982: security status not satisfied"},
		{apdu.StatusAuthenticationBlocked, "card status 6983: authentication method blocked"},
		{apdu.StatusReferenceDataUnusable, "card status 6984: reference data not usable"},
		{apdu.StatusConditionsNotSatisfied, "card status 6985: conditions of use not satisfied"},
		{apdu.StatusNoCurrentEF, "card status 6986: command not allowed, no current EF"},
		{0x69FF, "card status 69FF: command not allowed"},
		{apdu.StatusWrongData, "card status 6A80: incorrect parameters in the command data field"},
		{apdu.StatusFunctionNotSupported, "card status 6A81: function not supported"},
		{apdu.StatusNotFound, "card status 6A82: file or application not found"},
		{apdu.StatusIncorrectP1P2, "card status 6A86: incorrect parameters P1-P2"},
		{apdu.StatusReferenceDataNotFound, "card status 6A88: reference data not found"},
		{0x6AFF, "card status 6AFF: wrong parameters P1-P2"},
		{apdu.StatusWrongOffset, "card status 6B00: wrong parameters P1-P2 (offset outside the file)"},
		{0x6C10, "card status 6C10: wrong Le, 16 bytes available"},
		{apdu.StatusInstructionNotSupported, "card status 6D00: instruction not supported"},
		{apdu.StatusClassNotSupported, "card status 6E00: class not supported"},
		{apdu.StatusNoInformation, "card status 6F00: no precise diagnosis"},
		{0x6F01, "card status 6F01: unknown to ISO/IEC 7816-4"},
		{0x0000, "card status 0000: unknown to ISO/IEC 7816-4"},
	} {
		if got := c.sw.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestEveryStatus holds all 65536 against what the standard says of their
// first byte.
func TestEveryStatus(t *testing.T) {
	for i := range 1 << 16 {
		sw := apdu.Status(i)
		if head := fmt.Sprintf("card status %04X: ", i); !strings.HasPrefix(sw.Error(), head) || len(sw.Error()) == len(head) {
			t.Fatalf("%04X reads %q", i, sw.Error())
		}
		n, ok := sw.Tries()
		if want := i >= 0x63C0 && i <= 0x63CF; ok != want || ok && n != i-0x63C0 || !ok && n != 0 {
			t.Fatalf("%04X.Tries() = %d, %v", i, n, ok)
		}
		refused := strings.Contains("64 67 68 69 6A 6B 6C 6D 6E", fmt.Sprintf("%02X", i>>8))
		if sw.Refused() != refused {
			t.Fatalf("%04X.Refused() = %v", i, sw.Refused())
		}
		err := apdu.Response{SW: sw}.Err()
		if (err == nil) != (i == 0x9000) || err != nil && !errors.Is(fmt.Errorf("wrapped: %w", err), sw) {
			t.Fatalf("%04X as an error: %v", i, err)
		}
	}
}
