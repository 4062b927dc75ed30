package report

import "fmt"

// section is a signature with its place on the page.
type section struct {
	Signature
	ID    string
	Level int // of its heading
}

// Children are the counter-signatures, one level lower.
func (s section) Children() (all []section) {
	for i, c := range s.Counter {
		all = append(all, section{c, fmt.Sprintf("%s-%d", s.ID, i), min(s.Level+1, 6)})
	}
	return all
}

// Sections are the file's signatures; at is the file's place.
func (f File) Sections(at int) (all []section) {
	for i, s := range f.Signatures {
		all = append(all, section{s, fmt.Sprintf("signature-%d-%d", at, i), 3})
	}
	return all
}

// Demo reports whether a demo card's signature is in it.
func (p Page) Demo() bool {
	for _, f := range p.Files {
		if f.Demo {
			return true
		}
	}
	return false
}
