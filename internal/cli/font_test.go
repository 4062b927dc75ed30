package cli

import (
	"encoding/binary"
	"slices"
)

// boxCharacters are those of the demo cards' stamps, but not 髙 and 﨑.
const boxCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz 0123456789:(),\u3000電子署名年月日本時間理由物承認デモカードのではありません太郎アレクサンラ"

// boxFont is a TrueType font (ISO/IEC 14496-22) that shows each of some
// characters as the same black box.
func boxFont(has string) []byte {
	u16 := func(values ...int) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint16(b, uint16(v))
		}
		return b
	}
	u32 := func(values ...rune) (b []byte) {
		for _, v := range values {
			b = binary.BigEndian.AppendUint32(b, uint32(v))
		}
		return b
	}
	box := slices.Concat(u16(1, 100, 0, 900, 800, 3, 0), []byte{1, 1, 1, 1}, u16(100, 800, 0, -800), u16(0, 0, 800, 0))

	runes := []rune(has)
	slices.Sort(runes)
	var groups []byte
	for _, r := range slices.Compact(runes) {
		groups = append(groups, u32(r, r, 1)...)
	}
	n := rune(len(groups) / 12)
	cmap := slices.Concat(u16(0, 1, 3, 10), u32(12), u16(12, 0), u32(16+12*n, 0, n), groups)

	tables := map[string][]byte{
		"cmap": cmap,
		"glyf": box,
		"head": slices.Concat(u32(0x10000, 0x10000, 0, 0x5F0F3CF5), u16(0, 1000), make([]byte, 16), u16(100, 0, 900, 800, 0, 8, 2, 1, 0)),
		"hhea": slices.Concat(u32(0x10000), u16(880, -120, 0, 1000, 0, 0, 900, 1, 0, 0, 0, 0, 0, 0, 0, 1)),
		"hmtx": u16(1000, 0, 100),
		"loca": u32(0, 0, rune(len(box))),
		"maxp": slices.Concat(u32(0x10000), u16(2, 4, 1, 0, 0, 1), make([]byte, 16)),
		"post": slices.Concat(u32(0x30000), make([]byte, 28)),
	}
	var names []string
	for name := range tables {
		names = append(names, name)
	}
	slices.Sort(names)
	head := slices.Concat(u32(0x10000), u16(len(tables), 64, 2, 48))
	var body []byte
	for _, name := range names {
		at := 12 + 16*len(tables) + len(body)
		head = slices.Concat(head, []byte(name), u32(0, rune(at), rune(len(tables[name]))))
		body = append(body, tables[name]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(head, body...)
}
