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

// EarlierError reports a conflict between an earlier signature and the new one.
type EarlierError struct {
	Field string // of the earlier signature
	// Already is true if the earlier signature cannot be judged even now, so a
	// new signature would cover an uncertain document. It is false if the new
	// signature would break the earlier one.
	Already bool
	// Err is the reason: an [UpdateError], or an error that wraps
	// [ErrChangedLater].
	Err error
}

func (e *EarlierError) Error() string {
	if e.Already {
		return fmt.Sprintf("pdfsig: the signature in %q cannot be judged as it is: %v", e.Field, e.Err)
	}
	return fmt.Sprintf("pdfsig: another signature would break the one in %q: %v", e.Field, e.Err)
}

func (e *EarlierError) Unwrap() error { return e.Err }

// foresee verifies the file as it will be, with an empty signature. So the
// program learns, before it asks for a PIN, whether the new signature breaks an
// earlier one and whether readers disagree about the document. It checks no
// signature value.
func (p *Prepared) foresee() error {
	u, err := p.foreseen()
	if err != nil {
		return err
	}
	missing, err := p.missing()
	if err != nil {
		return err
	}
	// The update may replace the part that makes some reader rebuild the
	// cross-references. The signer still saw the original, so judge it as the
	// original.
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
			if p.Signatures[i].Err, err = reasonBefore(before, s, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing reports whether an object to be replaced refers to an object that
// does not exist.
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

// reasonBefore finds out why an earlier signature is bad after the update. already is
// the reason if the signature was certainly bad before; the new signature may
// then be made. An [EarlierError] means that the update would break the
// signature, or that the signature cannot be judged even now.
func reasonBefore(before func() (*verifier, error), then *foundSignature, bad error) (already, err error) {
	if d, ok := errors.AsType[*DamagedError](bad); ok && d.Fault == FaultTooLarge {
		return nil, &EarlierError{Field: then.Field, Already: true, Err: bad} // the earlier file cannot be searched either
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

// structuralErr joins the failures that were found without a check of the CMS.
func (s Signature) structuralErr() error {
	var all []error
	for _, f := range s.Failures {
		all = append(all, f)
	}
	return errors.Join(all...)
}

// look runs the structural part of [Verify], without any check of signature
// values.
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

// foreseen lays out the update as far as it is known.
func (p *Prepared) foreseen() (*Update, error) {
	var a *Appearance
	if p.place != nil {
		space := p.Space()
		a = &Appearance{Width: space.Width, Height: space.Height}
	}
	return p.layout(Statement{Room: contentsSize(nil, false), Appearance: a})
}

// continued reads a file followed by its update.
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
