package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// Structures of a ZIP archive (APPNOTE 6.3.10, 4.3).
const (
	localSignature   = "PK\x03\x04"
	centralSignature = "PK\x01\x02"
	endSignature     = "PK\x05\x06"

	localLength   = 30
	endLength     = 22
	maxDescriptor = 24 // behind the content of an entry, where its header has no sizes
	maxComment    = 0xFFFF

	flagEncrypted  = 0x1
	flagDescriptor = 0x8

	unicodePath = 0x7075 // extra field: the name in UTF-8 (4.6.9)
)

// place is where the content of an entry lies.
type place struct {
	start, end int64
	entry      *zip.File
}

// checkPlaces refuses entries that share bytes, because a small archive could
// then unpack to a large one. It also refuses archives with local headers that
// differ from the directory, because another program could then unpack other
// files than those that were signed or verified.
func (b *Bundle) checkPlaces(entries []*zip.File, size int64) error {
	var places []place
	for _, e := range entries {
		start, err := e.DataOffset()
		if err != nil {
			return b.refuse(e.Name, ErrNotZIP)
		}
		places = append(places, place{start, start + int64(e.CompressedSize64), e})
	}
	slices.SortFunc(places, func(a, b place) int {
		if a.start != b.start {
			return int(max(-1, min(1, a.start-b.start)))
		}
		return int(max(-1, min(1, a.end-b.end)))
	})
	for i := 1; i < len(places); i++ {
		if places[i].start < places[i-1].end {
			return b.refuse(places[i].entry.Name, ErrOverlap)
		}
	}
	at := int64(0)
	for _, p := range places {
		header := b.headerBefore(at, p.start)
		if header == nil || !sameHeader(header, p.entry) {
			return b.refuse(p.entry.Name, ErrReadings)
		}
		at = p.end
	}
	if len(places) > 0 && !bytes.Contains(b.bytesAt(at, maxDescriptor+len(centralSignature)), []byte(centralSignature)) {
		return b.refuse("", ErrReadings) // more entries, which the directory does not have
	}
	return b.checkEnd(size)
}

// headerBefore returns the header of an entry, from its signature to its
// content at data. Only the data descriptor of the previous entry may lie
// between from and the header: programs that read an archive from its beginning
// would find further entries there. It returns nil if there is no such header.
func (b *Bundle) headerBefore(from, data int64) []byte {
	near := b.bytesAt(from, maxDescriptor+localLength)
	for i := 0; i+localLength <= len(near) && i <= maxDescriptor; i++ {
		if !bytes.HasPrefix(near[i:], []byte(localSignature)) {
			continue
		}
		length := localLength + int(binary.LittleEndian.Uint16(near[i+26:])) + int(binary.LittleEndian.Uint16(near[i+28:]))
		if from+int64(i+length) == data {
			return b.bytesAt(from+int64(i), length)
		}
	}
	return nil
}

// bytesAt reads a piece of the archive, as much of it as there is.
func (b *Bundle) bytesAt(at int64, length int) []byte {
	piece := make([]byte, length)
	n, _ := b.zip.ReadAt(piece, at) // less than asked for fits nothing
	return piece[:n]
}

// sameHeader reports whether the header of an entry says the same as the
// directory.
func sameHeader(h []byte, e *zip.File) bool {
	var (
		flags  = binary.LittleEndian.Uint16(h[6:])
		method = binary.LittleEndian.Uint16(h[8:])
		name   = h[localLength : localLength+int(binary.LittleEndian.Uint16(h[26:]))]
		extra  = h[localLength+len(name):]
	)
	if string(name) != e.Name || method != e.Method || flags&flagEncrypted != e.Flags&flagEncrypted {
		return false
	}
	if other := unicodeName(extra, e.Name); other != "" && other != unicodeName(e.Extra, e.Name) {
		return false
	}
	if flags&flagDescriptor != 0 {
		return true // its sizes stand behind the content
	}
	same := func(at int, value uint64) bool {
		v := binary.LittleEndian.Uint32(h[at:])
		return v == 0xFFFFFFFF || uint64(v) == value // ZIP64 has it elsewhere
	}
	return same(14, uint64(e.CRC32)) && same(18, e.CompressedSize64) && same(22, e.UncompressedSize64)
}

// unicodeName is the name that an entry has beside its name, "" for none. It
// counts only as long as it is for this name.
func unicodeName(extra []byte, name string) string {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if size > len(extra) {
			return ""
		}
		field := extra[:size]
		extra = extra[size:]
		if id == unicodePath && size > 5 && field[0] == 1 && binary.LittleEndian.Uint32(field[1:]) == crc32.ChecksumIEEE([]byte(name)) {
			return string(field[5:])
		}
	}
	return ""
}

// hasOtherName reports whether an entry has a second name that is another one.
func hasOtherName(e *zip.File, decoded string) bool {
	other := unicodeName(e.Extra, e.Name)
	return other != "" && norm.NFC.String(other) != norm.NFC.String(decoded)
}

// checkEnd refuses an archive that has another one in its comment: which
// directory is the archive's would depend on who reads it.
func (b *Bundle) checkEnd(size int64) error {
	length := min(size, endLength+maxComment)
	tail := b.bytesAt(size-length, int(length))
	last := bytes.LastIndex(tail, []byte(endSignature))
	for i := last; i >= 0; i = bytes.LastIndex(tail[:i], []byte(endSignature)) {
		if i+endLength > len(tail) {
			return b.refuse("", ErrReadings)
		}
		end := i + endLength + int(binary.LittleEndian.Uint16(tail[i+20:]))
		if i == last && end > len(tail) || i < last && end > last {
			return b.refuse("", ErrReadings)
		}
	}
	return nil
}
