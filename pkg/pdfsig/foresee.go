package pdfsig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// EarlierError is an earlier signature that another one would be no good for.
type EarlierError struct {
	Field string // of the earlier signature
	// Already is true where nothing can be said of the earlier signature as it
	// is: another one would cover what nobody can judge. Else it is the new
	// signature that would break it.
	Already bool
	// Err is why: an [UpdateError], or one that is [ErrChangedLater].
	Err error
}

func (e *EarlierError) Error() string {
	if e.Already {
		return fmt.Sprintf("pdfsig: the signature in %q cannot be judged as it is: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("pdfsig: another signature would break the one in %q: %v", e.Field, e.Err)
}

func (e *EarlierError) Unwrap() error { return e.Err }

// foresee has the verifier look at the file as it will be, with a signature that
// is nothing but room: what it would say then of the earlier signatures, and of
// a document that readers find differently, is known before anybody is asked
// for a PIN. No signature value is checked.
func (p *Prepared) foresee() error {
	u, err := p.foreseen()
	if err != nil {
		return err
	}
	after, err := look(&continued{p.original, p.size, u.bytes}, p.size+int64(len(u.bytes)))
	if err != nil {
		return err
	}
	if own := after.of(p.Field); own == nil {
		return pdf.Faultf(pdf.FaultForm, "the signature would not be found")
	} else if err := own.structuralErr(); err != nil {
		return pdf.Faultf(pdf.FaultForm, "the signature would not be good: %w", err)
	}
	judged := false
	before := sync.OnceValues(func() (*verifier, error) { return look(p.original, p.size) })
	for i := range p.Signatures {
		s := after.of(p.Signatures[i].Field)
		if s == nil {
			continue
		}
		judged = judged || s.revision != nil
		p.Signatures[i].Changes = s.Changes
		if err := s.structuralErr(); err != nil {
			if p.Signatures[i].Err, err = blame(before, s, err); err != nil {
				return err
			}
		}
	}
	if judged {
		return nil // and so was the whole file
	}
	return after.doc.rebuilt()
}

// blame tells whether a signature that would not be good afterwards is so
// because of what is to be added. If not, and that is certain, it is for others
// to judge.
func blame(before func() (*verifier, error), then *foundSignature, bad error) (already, err error) {
	if d, ok := errors.AsType[*DamagedError](bad); ok && d.Fault == FaultTooLarge {
		return nil, &EarlierError{Field: then.Field, Already: true, Err: bad} // nor would it be looked through before
	}
	now, err := before()
	if err != nil {
		return nil, err
	}
	s := now.of(then.Field)
	if s == nil {
		return bad, nil
	}
	if was := s.structuralErr(); was != nil {
		if undecided, ok := errors.AsType[*UpdateError](was); ok {
			return nil, &EarlierError{Field: then.Field, Already: true, Err: undecided}
		}
		return was, nil
	}
	if undecided, ok := errors.AsType[*UpdateError](bad); ok {
		bad = undecided
	}
	return nil, &EarlierError{Field: then.Field, Err: bad}
}

// structuralErr is what is wrong with a signature without a look at its CMS.
func (s Signature) structuralErr() error {
	var all []error
	for _, f := range s.Failures {
		all = append(all, f)
	}
	return errors.Join(all...)
}

// look is [Verify] without its results, and without a check of any value.
func look(r io.ReaderAt, size int64) (*verifier, error) {
	doc, err := openDocument(r, size)
	if err != nil {
		return nil, err
	}
	v := &verifier{source: r, size: size, doc: doc, valueless: true}
	return v, v.judge()
}

func (v *verifier) of(field string) *foundSignature {
	i := slices.IndexFunc(v.found, func(s *foundSignature) bool { return s.Field == field })
	if i < 0 {
		return nil
	}
	return v.found[i]
}

// foreseen is the update to come, as far as it is known.
func (p *Prepared) foreseen() (*Update, error) {
	var a *Appearance
	if p.place != nil {
		space := p.Space()
		a = &Appearance{Width: space.Width, Height: space.Height}
	}
	return p.layout(Statement{Room: contentsSize(nil, false), Appearance: a})
}

// continued is a file and what is added to it.
type continued struct {
	original io.ReaderAt
	size     int64
	update   []byte
}

func (c *continued) ReadAt(b []byte, at int64) (n int, err error) {
	if at < c.size {
		n, err = c.original.ReadAt(b[:min(int64(len(b)), c.size-at)], at)
		if n < len(b) && at+int64(n) == c.size {
			err = nil
		}
		if err != nil || n == len(b) {
			return n, err
		}
		b, at = b[n:], c.size
	}
	m, err := bytes.NewReader(c.update).ReadAt(b, at-c.size)
	return n + m, err
}
