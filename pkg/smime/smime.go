// Package smime takes signed mail apart (RFC 8551): what was signed, the
// signature over it, and the header that stands outside. It verifies nothing:
// that is for package cms.
//
// Mail is hostile input. What mail programs read in different ways is refused
// here: a header with two of a field that decides, a signed part that is not
// the whole mail.
package smime

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
)

// MaxSize is the most bytes of a mail.
const MaxSize = 128 << 20

// Errors of [Parse].
var (
	// ErrNotMail is a file that does not begin like a mail.
	ErrNotMail = errors.New("smime: no mail")
	// ErrNotSigned is a mail that is not signed as a whole: not at all, or a
	// part of it only, as mailing lists and gateways make it.
	ErrNotSigned = errors.New("smime: the mail is not signed as a whole")
	// ErrMalformed is a signed mail that is not made as the RFCs ask for.
	ErrMalformed = errors.New("smime: malformed mail")
)

// Mail is a signed mail. Nothing of its header is signed.
type Mail struct {
	From    []string // addresses
	Subject string
	Date    string // as the header has it

	// Content is what a detached signature is over, with the line ends of RFC
	// 8551, 3.1.1. It is nil where the signature holds it.
	Content []byte
	// Signature is the CMS, in BER.
	Signature []byte
}

// IsMail reports whether a file with this beginning looks like a mail: a header
// field in its first line, and one of the fields that make it a signed one.
func IsMail(head []byte) bool {
	head = trimPreface(head)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
		return false
	}
	lower := bytes.ToLower(head)
	for _, field := range []string{"content-type:", "mime-version:", "received:", "return-path:", "from:", "message-id:"} {
		if bytes.HasPrefix(lower, []byte(field)) || bytes.Contains(lower, []byte("\n"+field)) {
			return true
		}
	}
	return false
}

// trimPreface leaves out what programs that store mail put before it: a byte
// order mark, and the first line of an mbox.
func trimPreface(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF"))
	if bytes.HasPrefix(b, []byte("From ")) {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return b
}

// Parse takes a mail apart. The errors are those above.
func Parse(data []byte) (*Mail, error) {
	if len(data) > MaxSize {
		return nil, malformed("larger than %d bytes", MaxSize)
	}
	data = trimPreface(data)
	header, body, err := split(data)
	if err != nil {
		return nil, ErrNotMail
	}
	for _, field := range []string{"Content-Type", "Content-Transfer-Encoding", "From", "Subject", "Date"} {
		if len(header[field]) > 1 {
			return nil, malformed("two fields %s", field)
		}
	}
	m := &Mail{Subject: decoded(header.Get("Subject")), Date: header.Get("Date")}
	if from := header.Get("From"); from != "" {
		list, err := mail.ParseAddressList(from)
		if err != nil {
			return nil, malformed("From: %v", err)
		}
		for _, a := range list {
			m.From = append(m.From, a.Address)
		}
	}
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return nil, ErrNotSigned
	}
	switch kind {
	case "multipart/signed":
		return m, m.readParts(body, parameters)
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if t := strings.ToLower(parameters["smime-type"]); t != "" && t != "signed-data" {
			return nil, ErrNotSigned
		}
		m.Signature, err = decode(header, body)
		return m, err
	}
	return nil, ErrNotSigned
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// decoded is a header field with its encoded words (RFC 2047), as far as they
// are known.
func decoded(field string) string {
	if text, err := new(mime.WordDecoder).DecodeHeader(field); err == nil {
		return text
	}
	return field
}

// split parts a MIME entity into header and body.
func split(entity []byte) (textproto.MIMEHeader, []byte, error) {
	header := textproto.MIMEHeader{}
	var name string
	for len(entity) > 0 {
		line, rest, _ := bytes.Cut(entity, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		entity = rest
		if len(line) == 0 {
			return header, entity, nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			if name == "" {
				return nil, nil, ErrMalformed
			}
			last := len(header[name]) - 1
			header[name][last] += " " + strings.TrimSpace(string(line))
			continue
		}
		key, value, ok := strings.Cut(string(line), ":")
		if !ok || key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7F }) {
			return nil, nil, ErrMalformed
		}
		name = textproto.CanonicalMIMEHeaderKey(key)
		header[name] = append(header[name], strings.TrimSpace(value))
		if len(header) > maxFields {
			return nil, nil, ErrMalformed
		}
	}
	return header, nil, nil
}

const maxFields = 1000

// readParts reads multipart/signed (RFC 1847, 2.1): what is signed, and the
// signature. The signed part is taken as it stands, with CRLF at the ends of
// its lines; the line end before the boundary belongs to the boundary.
func (m *Mail) readParts(body []byte, parameters map[string]string) error {
	switch strings.ToLower(parameters["protocol"]) {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
	default:
		return ErrNotSigned // OpenPGP
	}
	boundary := parameters["boundary"]
	if boundary == "" || len(boundary) > 70 {
		return malformed("boundary")
	}
	parts, err := cutParts(body, boundary)
	if err != nil {
		return err
	}
	if len(parts) != 2 {
		return malformed("%d parts in multipart/signed", len(parts))
	}
	header, encoded, err := split(parts[1])
	if err != nil {
		return malformed("signature part: %w", err)
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind != "application/pkcs7-signature" && kind != "application/x-pkcs7-signature" {
		return malformed("the second part is no signature")
	}
	m.Content = canonical(parts[0])
	m.Signature, err = decode(header, encoded)
	return err
}

// cutParts cuts a body at the lines of its boundary (RFC 2046, 5.1.1).
func cutParts(body []byte, boundary string) (parts [][]byte, err error) {
	delimiter := []byte("--" + boundary)
	begun, start := false, 0
	for at := 0; at < len(body); {
		end := len(body)
		if n := bytes.IndexByte(body[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if rest, ok := bytes.CutPrefix(body[at:end], delimiter); ok {
			tail := bytes.TrimRight(rest, " \t\r\n")
			if len(tail) == 0 || string(tail) == "--" {
				if begun {
					parts = append(parts, trimLineEnd(body[start:at]))
				}
				if string(tail) == "--" {
					return parts, nil
				}
				begun, start = true, end
				if len(parts) > 2 {
					return nil, malformed("more than two parts in multipart/signed")
				}
			}
		}
		at = end
	}
	return nil, malformed("multipart/signed without its end")
}

func trimLineEnd(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// canonical writes CRLF at every line's end.
func canonical(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/32)
	for i, c := range b {
		if c == '\n' && (i == 0 || b[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}

// decode undoes the transfer encoding of a body.
func decode(header textproto.MIMEHeader, body []byte) ([]byte, error) {
	switch encoding := strings.ToLower(header.Get("Content-Transfer-Encoding")); encoding {
	case "base64":
		text := slices.DeleteFunc(slices.Clone(body), func(c byte) bool { return bytes.IndexByte([]byte(" \t\r\n"), c) >= 0 })
		der, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, malformed("base64")
		}
		return der, nil
	case "", "7bit", "8bit", "binary":
		return body, nil
	default:
		return nil, malformed("transfer encoding %q", encoding)
	}
}
