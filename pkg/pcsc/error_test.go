package pcsc

import (
	"errors"
	"strings"
	"testing"
)

func TestErrorMeaning(t *testing.T) {
	tests := []struct {
		op   string
		code uint32
		is   error
		text string
	}{
		{opConnect, 0x8010000C, ErrNoCard, "pcsc: SCardConnect: no card in the reader (0x8010000C)"},
		{opTransmit, 0x8010000C, ErrCardRemoved, "pcsc: SCardTransmit: the card was removed (0x8010000C)"},
		{opEstablish, 0x8010001D, ErrNoService, "pcsc: SCardEstablishContext: the PC/SC service does not answer (0x8010001D)"},
		{opListReaders, 0x80100013, ErrNoService, "pcsc: SCardListReaders: connection to the PC/SC service lost (0x80100013)"},
		{opConnect, 0x80100009, ErrNoReader, "pcsc: SCardConnect: no such card reader (0x80100009)"},
		{opBegin, 0x80100009, ErrReaderGone, "pcsc: SCardBeginTransaction: the card reader was disconnected (0x80100009)"},
		{opBegin, 0x80100011, ErrReaderGone, "pcsc: SCardBeginTransaction: the card reader was disconnected (0x80100011)"},
		{opBegin, 0x80100003, ErrNoService, "pcsc: SCardBeginTransaction: the PC/SC service does not answer (0x80100003)"},
		{opRelease, 0x80100003, nil, "pcsc: SCardReleaseContext: invalid handle (0x80100003)"},
		{opConnect, 0x8010000B, ErrInUse, "pcsc: SCardConnect: the card is in use by another program (0x8010000B)"},
		{opTransmit, 0x80100016, ErrCommunication, "pcsc: SCardTransmit: the communication with the card failed (0x80100016)"},
		{opTransmit, 1117, ErrCommunication, "pcsc: SCardTransmit: input or output error of the reader (0x0000045D)"},
		{opTransmit, 0x80100068, ErrCardReset, "pcsc: SCardTransmit: the card was reset (0x80100068)"},
		{opTransmit, 0x80100069, ErrCardRemoved, "pcsc: SCardTransmit: the card was removed (0x80100069)"},
		{opConnect, 0x80100067, ErrCardMute, "pcsc: SCardConnect: the card has no power (0x80100067)"},
		{opConnect, 0x8010006A, ErrAccess, "pcsc: SCardConnect: access to the reader or to the PC/SC service is denied (0x8010006A)"},
		{opTransmit, 0x8010006A, ErrNoService, "pcsc: SCardTransmit: connection to the PC/SC service lost (0x8010006A)"},
		{opListReaders, 0x8010006A, ErrNoService, "pcsc: SCardListReaders: connection to the PC/SC service lost (0x8010006A)"},
		{opConnect, 0x12345678, nil, "pcsc: SCardConnect: error (0x12345678)"},
	}
	for _, tt := range tests {
		err := result(tt.op, tt.code)
		if err.Error() != tt.text {
			t.Errorf("got  %q\nwant %q", err, tt.text)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%v is not %v", err, tt.is)
		}
		if tt.is == nil && errors.Unwrap(err) != nil {
			t.Errorf("%v is %v", err, errors.Unwrap(err))
		}
	}
	if result(opConnect, 0) != nil {
		t.Error("success is an error")
	}
}

// TestMeanings shows that every code has a meaning and that every sentinel
// error is reached.
func TestMeanings(t *testing.T) {
	seen := map[error]bool{ErrNoLibrary: true, ErrClosed: true} // these come from no function
	for code := range meanings {
		err := &Error{opConnect, code}
		if strings.Contains(err.Error(), ": error (") {
			t.Errorf("%08X says nothing", code)
		}
		seen[err.Unwrap()] = true
	}
	for _, is := range []error{ErrNoLibrary, ErrNoService, ErrAccess, ErrNoReader, ErrReaderGone, ErrNoCard,
		ErrCardRemoved, ErrCardReset, ErrCardMute, ErrInUse, ErrCommunication, ErrClosed} {
		if !seen[is] {
			t.Errorf("no code is %v", is)
		}
	}
}
