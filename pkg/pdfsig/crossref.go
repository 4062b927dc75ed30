package pdfsig

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// crossReference ends the update with a cross-reference section of the same
// kind as the newest one in the file (7.5.6). A hybrid file gets a table
// (7.5.8.4).
func (b *updateBuilder) crossReference(p *Prepared) {
	newest := p.doc.Sections()[0]
	trailer := newest.Trailer.Clone()
	for _, own := range []pdf.Name{"Type", "W", "Index", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL", "XRefStm"} {
		delete(trailer, own) // keys of the old section, not of the document
	}
	trailer["Prev"] = newest.Offset
	start := b.base + int64(len(b.bytes))
	if newest.Stream {
		b.stream(pdf.Ref{Number: p.next}, trailer)
	} else {
		b.table(p.next, trailer)
	}
	b.bytes = fmt.Appendf(b.bytes, "startxref\n%d\n%%%%EOF\n", start)
}

// runs groups the object numbers into ranges without gaps.
func (b *updateBuilder) runs() (runs [][]int) {
	for _, n := range slices.Sorted(maps.Keys(b.entries)) {
		if last := len(runs) - 1; last >= 0 && runs[last][len(runs[last])-1] == n-1 {
			runs[last] = append(runs[last], n)
		} else {
			runs = append(runs, []int{n})
		}
	}
	return runs
}

// maxTable is the largest original that can take a table: an entry of a table
// has room for an offset of ten digits (7.5.4).
const maxTable = 9_999_999_999 - 1<<30

func (b *updateBuilder) table(size int, trailer pdf.Dict) {
	b.bytes = append(b.bytes, "xref\n"...)
	for _, run := range b.runs() {
		b.bytes = fmt.Appendf(b.bytes, "%d %d\n", run[0], len(run))
		for _, n := range run {
			b.bytes = fmt.Appendf(b.bytes, "%010d %05d n \n", b.entries[n].offset, b.entries[n].generation)
		}
	}
	trailer["Size"] = int64(size)
	b.bytes = append(pdf.Append(append(b.bytes, "trailer\n"...), trailer), '\n')
}

// stream writes a cross-reference stream that also lists itself. It uses
// four-byte offsets where they suffice, because some readers support no wider
// ones.
func (b *updateBuilder) stream(ref pdf.Ref, dict pdf.Dict) {
	b.entries[ref.Number] = tableEntry{b.base + int64(len(b.bytes)), 0}
	width := 4
	if b.entries[ref.Number].offset >= 1<<32 {
		width = 8
	}
	index, data := pdf.Array{}, []byte{}
	for _, run := range b.runs() {
		index = append(index, int64(run[0]), int64(len(run)))
		for _, n := range run {
			e := b.entries[n]
			data = append(data, 1)
			for shift := 8 * (width - 1); shift >= 0; shift -= 8 {
				data = append(data, byte(e.offset>>shift))
			}
			data = append(data, byte(e.generation>>8), byte(e.generation))
		}
	}
	dict["Type"], dict["Size"] = pdf.Name("XRef"), int64(ref.Number+1)
	dict["W"], dict["Index"] = pdf.Array{int64(1), int64(width), int64(2)}, index
	b.add(indirect{ref, dict, data})
}
