package apdu

import "fmt"

// Status is the status word SW1-SW2 of a response, and the error that a card
// answered with. Compare with errors.Is: errors.Is(err, apdu.StatusNotFound).
type Status uint16

// Status words of ISO/IEC 7816-4, 5.6, that mean something on the cards this
// module speaks to.
const (
	StatusOK                      Status = 0x9000
	StatusEndOfFile               Status = 0x6282
	StatusNoInformation           Status = 0x6F00
	StatusWrongLength             Status = 0x6700
	StatusSecurityNotSatisfied    Status = 0x6982
	StatusAuthenticationBlocked   Status = 0x6983
	StatusReferenceDataUnusable   Status = 0x6984
	StatusConditionsNotSatisfied  Status = 0x6985
	StatusNoCurrentEF             Status = 0x6986
	StatusWrongData               Status = 0x6A80
	StatusFunctionNotSupported    Status = 0x6A81
	StatusNotFound                Status = 0x6A82
	StatusIncorrectP1P2           Status = 0x6A86
	StatusReferenceDataNotFound   Status = 0x6A88
	StatusWrongOffset             Status = 0x6B00
	StatusInstructionNotSupported Status = 0x6D00
	StatusClassNotSupported       Status = 0x6E00
)

// meanings holds the words of ISO/IEC 7816-4, tables 5 to 7, shortened.
var meanings = map[Status]string{
	StatusOK:                      "success",
	0x6200:                        "warning, memory unchanged",
	0x6281:                        "part of the data may be corrupted",
	StatusEndOfFile:               "end of file reached before Ne bytes",
	0x6283:                        "selected file deactivated",
	0x6300:                        "verification failed, no further information",
	0x6400:                        "execution error, memory unchanged",
	0x6581:                        "memory failure",
	StatusWrongLength:             "wrong length",
	0x6881:                        "logical channel not supported",
	0x6882:                        "secure messaging not supported",
	0x6884:                        "command chaining not supported",
	0x6981:                        "command incompatible with file structure",
	StatusSecurityNotSatisfied:    "security status not satisfied",
	StatusAuthenticationBlocked:   "authentication method blocked",
	StatusReferenceDataUnusable:   "reference data not usable",
	StatusConditionsNotSatisfied:  "conditions of use not satisfied",
	StatusNoCurrentEF:             "command not allowed, no current EF",
	0x6987:                        "secure messaging data objects missing",
	0x6988:                        "secure messaging data objects incorrect",
	StatusWrongData:               "incorrect parameters in the command data field",
	StatusFunctionNotSupported:    "function not supported",
	StatusNotFound:                "file or application not found",
	0x6A83:                        "record not found",
	0x6A84:                        "not enough memory",
	StatusIncorrectP1P2:           "incorrect parameters P1-P2",
	0x6A87:                        "Nc inconsistent with P1-P2",
	StatusReferenceDataNotFound:   "reference data not found",
	StatusWrongOffset:             "wrong parameters P1-P2 (offset outside the file)",
	StatusInstructionNotSupported: "instruction not supported",
	StatusClassNotSupported:       "class not supported",
	StatusNoInformation:           "no precise diagnosis",
}

// Error gives the status word in hexadecimal and its meaning in ISO/IEC 7816-4.
func (s Status) Error() string {
	return fmt.Sprintf("card status %04X: %s", uint16(s), s.meaning())
}

func (s Status) meaning() string {
	if m, ok := meanings[s]; ok {
		return m
	}
	if n, ok := s.Tries(); ok {
		return fmt.Sprintf("verification failed, %d tries left", n)
	}
	switch s >> 8 {
	case 0x61:
		return fmt.Sprintf("%d more bytes available", moreBytes(s))
	case 0x6C:
		return fmt.Sprintf("wrong Le, %d bytes available", moreBytes(s))
	case 0x62:
		return "warning, memory unchanged"
	case 0x63:
		return "warning, memory changed"
	case 0x64:
		return "execution error, memory unchanged"
	case 0x65:
		return "execution error, memory changed"
	case 0x68:
		return "function in CLA not supported"
	case 0x69:
		return "command not allowed"
	case 0x6A:
		return "wrong parameters P1-P2"
	}
	return "unknown to ISO/IEC 7816-4"
}

// Tries gives the number X of 63CX: further tries allowed. ok is false for
// every other status.
func (s Status) Tries() (n int, ok bool) {
	if s&0xFFF0 != 0x63C0 {
		return 0, false
	}
	return int(s & 0xF), true
}

// Refused reports that the card did not carry out the command and is as it was
// before: 64xx (execution error, memory unchanged) and the checking errors 67xx
// to 6Exx (ISO/IEC 7816-4, table 5). 6Fxx is not among them: cards answer it,
// too, when something fails on the way.
func (s Status) Refused() bool {
	sw1 := s >> 8
	return sw1 == 0x64 || 0x67 <= sw1 && sw1 <= 0x6E
}

// moreBytes is the count in SW2 of 61xx and 6Cxx, where 00 stands for 256.
func moreBytes(s Status) int { return shortNe(byte(s)) }
