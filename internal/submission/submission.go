// Package submission checks the names and sizes of files against the published
// rules of the Ministry of Justice's services: the online registry and deposit
// service (登記・供託オンライン申請) and the electronic notary (電子公証). It knows nothing of
// signatures.
//
// Sources, as of November 2026: touki-kyoutaku-online FAQ 110 (characters), its
// notes on applications (sizes); moj.go.jp MINJI denshikosho4 (2025-10-01:
// length of names, one dot, sizes).
package submission

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// Service has the rules of one service for a file.
type Service struct {
	// Width is the longest name in half-width characters; a full-width
	// character counts as two. It is 0 if no limit is published.
	Width int
	// OneDot allows a single dot, the one before the ending.
	OneDot bool
	// NoHyphen is advice, not a rule.
	NoHyphen bool
	// Size is the limit that certainly holds, in bytes, and Sure the size up
	// to which a file is certainly small enough: the services say MB, and a
	// few kinds of application may be larger.
	Size, Sure int64
}

// Services with published rules.
var (
	Registry = Service{Size: 20 << 20, Sure: 10_000_000}
	Notary   = Service{Width: 31, OneDot: true, NoHyphen: true, Size: 10 << 20, Sure: 10_000_000}
)

// Fault is a kind of fault of a name.
type Fault string

// Faults of names.
const (
	Characters Fault = "characters" // outside the permitted characters of JIS X 0208
	Decomposed Fault = "decomposed" // not in Unicode's form NFC, as macOS can store it
	TooLong    Fault = "too-long"
	Dots       Fault = "dots"   // other than one
	Hyphen     Fault = "hyphen" // advised against
)

// Finding is one fault of a name.
type Finding struct {
	Fault Fault
	// Found holds the characters of Characters, each once.
	Found string
}

// CheckName returns the faults of a file name, which has no folder.
func (s Service) CheckName(name string) (list []Finding) {
	composed := norm.NFC.String(name)
	if composed != name {
		list = append(list, Finding{Fault: Decomposed})
	}
	var bad strings.Builder
	for _, r := range composed {
		if !permitted(r) && !strings.ContainsRune(bad.String(), r) {
			bad.WriteRune(r)
		}
	}
	if bad.Len() > 0 {
		list = append(list, Finding{Characters, bad.String()})
	}
	if s.Width > 0 && Width(composed) > s.Width {
		list = append(list, Finding{Fault: TooLong})
	}
	if s.OneDot && strings.Count(composed, ".") != 1 {
		list = append(list, Finding{Fault: Dots})
	}
	if s.NoHyphen && strings.Contains(composed, "-") {
		list = append(list, Finding{Fault: Hyphen})
	}
	return list
}

// Width counts half-width characters; any other character counts two.
func Width(name string) (n int) {
	for _, r := range name {
		n++
		if r > 0x7E && (r < 0xFF61 || r > 0xFF9F) {
			n++
		}
	}
	return n
}

// refused are characters of ASCII and JIS X 0208 that the registry does not
// take in names (FAQ 110). Programs take some full-width ones for different
// code points, so both are here.
const refused = "\"#&'()=^~\\|`:;*+,<>/?$%@[] " +
	"\u3000" + // full-width space
	"\u2014\u2015" + // 815C
	"\u301C\uFF5E" + // 8160
	"\u2016\u2225" + // 8161
	"\u2212\uFF0D" + // 817C
	"\u00A2\uFFE0" + "\u00A3\uFFE1" + "\u00AC\uFFE2"

// permitted reports whether the registry takes a character in a name: printable
// ASCII and JIS X 0208, except those that the registry refuses. JIS X 0208 has
// no half-width kana and no vendor extensions (①, ㈱, 髙).
func permitted(r rune) bool {
	if strings.ContainsRune(refused, r) {
		return false
	}
	if r < 0x80 {
		return r > ' ' && r < 0x7F
	}
	b, err := japanese.EUCJP.NewEncoder().Bytes(utf8.AppendRune(nil, r))
	if err != nil || len(b) != 2 {
		return false // three bytes are JIS X 0212
	}
	row := int(b[0]) - 0xA0
	return row >= 1 && row <= 8 || row >= 16 && row <= 84
}

// variants are characters outside JIS X 0208 that are common in names of people
// and places, with the ordinary form of the same character.
var variants = map[rune]rune{
	'髙': '高', '﨑': '崎', '𠮷': '吉', '德': '徳', '濵': '浜', '栁': '柳', '桒': '桑', '黑': '黒', '增': '増', '寬': '寛',
	'―': 'ー', '—': 'ー',
}

// Suggest returns a name that the service takes, as near to the given one as it
// can be.
func (s Service) Suggest(name string) string {
	name = norm.NFC.String(name)
	ending := ""
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name, ending = name[:i], name[i:]
	}
	var stem strings.Builder
	for _, r := range name {
		stem.WriteString(s.replacement(r))
	}
	clean := strings.Trim(stem.String(), "_-")
	for strings.Contains(clean, "__") {
		clean = strings.ReplaceAll(clean, "__", "_")
	}
	for s.Width > 0 && Width(clean+ending) > s.Width && clean != "" {
		_, last := utf8.DecodeLastRuneInString(clean)
		clean = strings.TrimRight(clean[:len(clean)-last], "_")
	}
	if clean == "" {
		clean = "document"
	}
	return clean + ending
}

// replacement returns the replacement for a character of a name's stem, or the
// character itself if it is permitted.
func (s Service) replacement(r rune) string {
	switch {
	case s.OneDot && r == '.', s.NoHyphen && r == '-':
		return "_"
	case permitted(r):
		return string(r)
	}
	if v, ok := variants[r]; ok {
		return string(v)
	}
	var kept strings.Builder
	for _, k := range norm.NFKC.String(string(r)) { // ① to 1, ｱ to ア
		if permitted(k) {
			kept.WriteRune(k)
		}
	}
	if kept.Len() == 0 {
		return "_"
	}
	return kept.String()
}

// Fits is the answer to whether a file of a size is small enough.
type Fits string

// Answers.
const (
	FitsSurely Fits = "yes"
	FitsNot    Fits = "no"
	FitsMaybe  Fits = "cannot-say"
)

// CheckSize compares a size in bytes with the service's limit.
func (s Service) CheckSize(size int64) Fits {
	switch {
	case size <= s.Sure:
		return FitsSurely
	case size > s.Size:
		return FitsNot
	}
	return FitsMaybe
}
