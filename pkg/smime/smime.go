// Package smime takes signed mail apart (RFC 8551): the signed part, the
// signature over it, and the header that stands outside. It verifies nothing:
// that is for package cms.
//
// Mail is hostile input. A mail that programs read in different ways is refused
// here: a header with two of a field that decides, a signed part that is not
// the whole mail.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package smime

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
)

// MaxSize is the most bytes of a mail.
const MaxSize = 128 << 20

// Errors of [Parse].
var (
	// ErrNotMail is a file that does not begin like a mail.
	ErrNotMail = errors.New("smime: no mail")
	// ErrNotSigned is a mail that is not signed as a whole.
	ErrNotSigned = errors.New("smime: the mail is not signed as a whole")
	// ErrPartSigned is an ErrNotSigned in which a part is signed, or an
	// attached mail: mailing lists, gateways and forwarding make it.
	ErrPartSigned = fmt.Errorf("%w, and a part of it is", ErrNotSigned)
	// ErrMalformed is a signed mail that is not made as the RFCs ask for.
	ErrMalformed = errors.New("smime: malformed mail")
)

// Mail is a signed mail. Nothing of its header is signed.
type Mail struct {
	From    []string // addresses
	Subject string
	Date    string // as the header has it

	// Content is the content of a detached signature, with the line ends of RFC
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

// trimPreface leaves out the preface of programs that store mail: a byte order
// mark, and the first line of an mbox.
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
		list, err := (&mail.AddressParser{WordDecoder: words}).ParseList(from)
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
	switch {
	case kind == "multipart/signed":
		return m, m.readParts(body, parameters)
	case isOpaque(kind, header, parameters):
		if t := strings.ToLower(parameters["smime-type"]); t != "" && t != "signed-data" {
			return nil, ErrNotSigned
		}
		m.Signature, err = decode(header, body)
		return m, err
	case hasSignedPart(kind, parameters, body, maxDepth):
		return nil, ErrPartSigned
	}
	return nil, ErrNotSigned
}

// isOpaque reports whether an entity is a CMS with the mail inside (RFC 8551,
// 3.4.2), which gateways also send as any file of that name (3.9).
func isOpaque(kind string, header textproto.MIMEHeader, parameters map[string]string) bool {
	switch kind {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	case "application/octet-stream":
		_, disposition, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
		return strings.HasSuffix(strings.ToLower(cmp.Or(parameters["name"], disposition["filename"])), ".p7m")
	}
	return false
}

// maxDepth bounds the parts within parts that are looked into.
const maxDepth = 8

// hasSignedPart looks for a signed part in a mail that is not signed itself.
func hasSignedPart(kind string, parameters map[string]string, body []byte, depth int) bool {
	var parts [][]byte
	switch {
	case depth == 0:
		return false
	case kind == "message/rfc822":
		parts = [][]byte{body}
	case strings.HasPrefix(kind, "multipart/"):
		parts, _ = cutParts(body, parameters["boundary"], maxFields)
	}
	for _, part := range parts {
		header, within, err := split(part)
		if err != nil {
			continue
		}
		kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
		if err != nil {
			continue
		}
		if kind == "multipart/signed" || isOpaque(kind, header, parameters) || hasSignedPart(kind, parameters, within, depth-1) {
			return true
		}
	}
	return false
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}

// decoded is a header field with its encoded words (RFC 2047), as far as they
// are known.
func decoded(field string) string {
	if text, err := words.DecodeHeader(field); err == nil {
		return text
	}
	return field
}

var words = &mime.WordDecoder{CharsetReader: charsetReader}

// charsetReader reads the character sets of Japanese mail.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-2022-jp":
		return japanese.ISO2022JP.NewDecoder().Reader(r), nil
	case "shift_jis", "windows-31j", "cp932":
		return japanese.ShiftJIS.NewDecoder().Reader(r), nil
	case "euc-jp":
		return japanese.EUCJP.NewDecoder().Reader(r), nil
	}
	// The address counts, not the name beside it: its bytes are shown.
	return charmap.Windows1252.NewDecoder().Reader(r), nil
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

// readParts reads multipart/signed (RFC 1847, 2.1): the signed part and the
// signature. The signed part is taken as it stands, with CRLF at the ends of
// its lines; the line end before the boundary belongs to the boundary.
func (m *Mail) readParts(body []byte, parameters map[string]string) error {
	switch strings.ToLower(parameters["protocol"]) {
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
	case "": // the second part says as much
	default:
		return ErrNotSigned // OpenPGP
	}
	boundary := parameters["boundary"]
	if boundary == "" || len(boundary) > 70 {
		return malformed("boundary")
	}
	parts, err := cutParts(body, boundary, 2)
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

// cutParts cuts a body at the lines of its boundary (RFC 2046, 5.1.1), into so
// many parts at most.
func cutParts(body []byte, boundary string, most int) (parts [][]byte, err error) {
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
				if len(parts) > most {
					return nil, malformed("more than %d parts in a multipart", most)
				}
			}
		}
		at = end
	}
	return parts, malformed("a multipart without its end")
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
	encoding, _, _ := strings.Cut(strings.ToLower(header.Get("Content-Transfer-Encoding")), "(") // before a comment
	switch encoding = strings.TrimSpace(encoding); encoding {
	case "base64":
		text := slices.DeleteFunc(slices.Clone(body), func(c byte) bool { return bytes.IndexByte([]byte(" \t\r\n"), c) >= 0 })
		der, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, malformed("base64")
		}
		return der, nil
	case "quoted-printable":
		der, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		if err != nil {
			return nil, malformed("quoted-printable")
		}
		return der, nil
	case "", "7bit", "8bit", "binary":
		return body, nil
	default:
		return nil, malformed("transfer encoding %q", encoding)
	}
}
