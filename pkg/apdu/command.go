// Package apdu encodes and decodes the messages a smart card understands: the
// command and response APDUs of ISO/IEC 7816-4, in short and in extended
// length, and the status words as Go errors.
//
// It knows nothing of readers or of any one card application, and uses only the
// standard library. [Send] is the one place where a command leaves for the
// card; it follows 61xx and 6Cxx, and wipes the encoding, because a command can
// carry a PIN. [Tracer] shows the messages, without the PINs.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package apdu

import (
	"errors"
	"fmt"
)

// Instruction bytes of ISO/IEC 7816-4 and 7816-8 that clients of this package
// send or must recognise.
const (
	InsVerify                   = 0x20
	InsChangeReferenceData      = 0x24
	InsDisableVerification      = 0x26
	InsEnableVerification       = 0x28
	InsPerformSecurityOperation = 0x2A
	InsResetRetryCounter        = 0x2C
	InsSelect                   = 0xA4
	InsReadBinary               = 0xB0
	InsGetResponse              = 0xC0
	InsEnvelope                 = 0xC2
	InsGetData                  = 0xCA
)

// Limits of the two length encodings (ISO/IEC 7816-4, 5.2).
const (
	MaxShortNc    = 255
	MaxShortNe    = 256
	MaxExtendedNc = 65535
	MaxExtendedNe = 65536
)

// Errors of malformed commands.
var (
	ErrCommandTooShort = errors.New("apdu: a command has at least 4 bytes")
	ErrCommandLength   = errors.New("apdu: command length fields do not fit the bytes given")
)

// Command is a command APDU. Data is the command data field, Nc = len(Data)
// bytes of it. Ne is the most response data bytes wanted: 0 for none, up to
// 256 in short and 65536 in extended length.
type Command struct {
	CLA, INS, P1, P2 byte
	Data             []byte
	Ne               int
}

// extended reports whether the command needs extended length fields.
func (c Command) extended() bool { return len(c.Data) > MaxShortNc || c.Ne > MaxShortNe }

// Bytes encodes the command, in short length where it fits and in extended
// length where it does not. The result is a new slice, which the caller may
// wipe.
func (c Command) Bytes() ([]byte, error) {
	nc, ne := len(c.Data), c.Ne
	if nc > MaxExtendedNc || ne < 0 || ne > MaxExtendedNe {
		return nil, fmt.Errorf("apdu: Nc %d or Ne %d is outside what a command can say", nc, ne)
	}
	raw := make([]byte, 0, 4+3+nc+2)
	raw = append(raw, c.CLA, c.INS, c.P1, c.P2)
	if c.extended() {
		raw = append(raw, 0)
		if nc > 0 {
			raw = append(raw, byte(nc>>8), byte(nc))
			raw = append(raw, c.Data...)
		}
		if ne > 0 {
			raw = append(raw, byte(ne>>8), byte(ne)) // 65536 becomes 0000, as it must
		}
		return raw, nil
	}
	if nc > 0 {
		raw = append(raw, byte(nc))
		raw = append(raw, c.Data...)
	}
	if ne > 0 {
		raw = append(raw, byte(ne)) // 256 becomes 00
	}
	return raw, nil
}

// Parse decodes a command APDU of any of the four cases, short or extended.
// Data shares memory with raw.
func Parse(raw []byte) (Command, error) {
	if len(raw) < 4 {
		return Command{}, ErrCommandTooShort
	}
	c := Command{CLA: raw[0], INS: raw[1], P1: raw[2], P2: raw[3]}
	body := raw[4:]
	switch {
	case len(body) == 0: // case 1
		return c, nil
	case len(body) == 1: // case 2, short
		c.Ne = shortNe(body[0])
		return c, nil
	case body[0] != 0: // case 3 or 4, short
		nc := int(body[0])
		rest := body[1:]
		switch len(rest) - nc {
		case 0:
		case 1:
			c.Ne = shortNe(rest[nc])
		default:
			return Command{}, ErrCommandLength
		}
		c.Data = rest[:nc:nc]
		return c, nil
	case len(body) == 3: // case 2, extended
		c.Ne = extendedNe(body[1], body[2])
		return c, nil
	case len(body) < 3:
		return Command{}, ErrCommandLength
	}
	// case 3 or 4, extended
	nc := int(body[1])<<8 | int(body[2])
	rest := body[3:]
	if nc == 0 {
		return Command{}, ErrCommandLength
	}
	switch len(rest) - nc {
	case 0:
	case 2:
		c.Ne = extendedNe(rest[nc], rest[nc+1])
	default:
		return Command{}, ErrCommandLength
	}
	c.Data = rest[:nc:nc]
	return c, nil
}

// IsExtended reports whether an encoded command uses extended length fields: a
// card without extended length refuses such a command with 6700.
func IsExtended(raw []byte) bool { return len(raw) > 6 && raw[4] == 0 }

func shortNe(le byte) int {
	if le == 0 {
		return MaxShortNe
	}
	return int(le)
}

func extendedNe(hi, lo byte) int {
	if hi == 0 && lo == 0 {
		return MaxExtendedNe
	}
	return int(hi)<<8 | int(lo)
}

// carriesPIN reports whether commands of this instruction can hold reference
// data (a PIN) in their data field: those that compare or set it (ISO/IEC
// 7816-4, 11.6), and ENVELOPE, which holds another command. The odd instruction
// is the same command with BER-TLV data.
func carriesPIN(ins byte) bool {
	switch ins &^ 1 {
	case InsVerify, InsChangeReferenceData, InsDisableVerification, InsEnableVerification,
		InsResetRetryCounter, InsEnvelope:
		return true
	}
	return false
}

// String shows the header and lengths of the command, never its data, and of
// a PIN not even the length.
func (c Command) String() string {
	s := fmt.Sprintf("%02X %02X %02X %02X", c.CLA, c.INS, c.P1, c.P2)
	if carriesPIN(c.INS) && len(c.Data) > 0 {
		return s + " Nc=hidden"
	}
	return s + fmt.Sprintf(" Nc=%d Ne=%d", len(c.Data), c.Ne)
}

// GoString is [Command.String].
func (c Command) GoString() string { return c.String() }

// Format writes [Command.String] for every verb, so that %x or %+v cannot print
// a PIN. It cannot help a command in an unexported field of another struct:
// there fmt calls no methods and prints the data.
func (c Command) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalText gives [Command.String], and with it JSON and log/slog.
func (c Command) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
