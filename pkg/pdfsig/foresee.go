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
	missing, err := p.missing()
	if err != nil {
		return err
	}
	// What made some reader rebuild the cross-references of the original need
	// not be in the file to come; its signer saw the original.
	after, err := look(&continued{p.original, p.size, u.bytes}, p.size+int64(len(u.bytes)), p.doc.Noted() || missing)
	if err != nil {
		return err
	}
	p.Acting = after.acting
	if own := after.of(p.Field); own == nil {
		return pdf.Faultf(pdf.FaultForm, "the signature would not be found")
	} else if err := own.structuralErr(); err != nil {
		differs, ok := errors.AsType[*UpdateError](err)
		if damaged, unread := errors.AsType[*DamagedError](err); ok && unread {
			return damaged
		}
		if ok {
			return differs
		}
		return pdf.Faultf(pdf.FaultForm, "the signature would not be good: %w", err)
	}
	before := sync.OnceValues(func() (*verifier, error) { return look(p.original, p.size, false) })
	for i := range p.Signatures {
		s := after.of(p.Signatures[i].Field)
		if s == nil {
			continue
		}
		p.Signatures[i].Changes = s.Changes
		if err := s.structuralErr(); err != nil {
			if p.Signatures[i].Err, err = blame(before, s, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing reports whether an object that will be replaced refers to one that is
// not there.
func (p *Prepared) missing() (missing bool, err error) {
	for _, c := range p.changes {
		o, damaged := p.doc.Object(c.ref)
		if damaged != nil {
			return false, damaged
		}
		pdf.References(o, func(ref pdf.Ref) {
			e, damaged := p.doc.Entry(ref.Number)
			missing = missing || e.Kind <= pdf.Free
			err = errors.Join(err, damaged)
		})
	}
	return missing, err
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
func look(r io.ReaderAt, size int64, loose bool) (*verifier, error) {
	doc, err := openDocument(r, size)
	if err != nil {
		return nil, err
	}
	v := &verifier{source: r, size: size, doc: doc, loose: loose, valueless: true}
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
