package xmlsig

import (
	"bytes"
	"hash"
	"io"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// data goes from transform to transform: a node-set, or octets.
type data struct {
	set    *nodeSet
	octets io.Reader
}

// transform carries out the transforms of r (XML-DSig 1.1, 4.4.3.2) and writes
// the result into h. A node-set at the end is canonicalised with C14N 1.0.
func (d *dereference) transform(r *Reference, now data, h hash.Hash) *cms.Failure {
	for i, t := range r.transforms {
		last := i == len(r.transforms)-1
		var f *cms.Failure
		switch t.algorithm {
		case transformEnveloped:
			f = d.envelop(r, &now)
		case transformBase64:
			f = d.decode(&now)
		default:
			c := Canonicalizer{C14NMethod(t.algorithm), t.prefixes}
			if f = d.parse(&now); f != nil {
				break
			}
			r.Comments = c14nTraits[c.Method].comments && now.set.comments
			if last {
				return d.write(r, c, now, h)
			}
			var b bytes.Buffer
			f = d.write(r, c, now, &b)
			now = data{octets: &b}
		}
		if f != nil {
			return f
		}
	}
	if now.set != nil {
		return d.write(r, Canonicalizer{Method: C14N10}, now, h)
	}
	if _, err := io.Copy(h, now.octets); err != nil {
		return because(cms.SignedDataNotFound, err)
	}
	return nil
}

func (d *dereference) write(r *Reference, c Canonicalizer, now data, w io.Writer) *cms.Failure {
	if f := d.budget.spend(now.set.size()); f != nil {
		return f
	}
	p, err := c.printer(w, *now.set)
	if err == nil {
		err = p.print()
	}
	if err != nil {
		return because(cms.FormatFailure, err)
	}
	r.dropped += p.dropped
	return nil
}

// size is the number of bytes of text the set is in.
func (set *nodeSet) size() int {
	if set.apex != nil {
		return set.apex.end - set.apex.start
	}
	return len(set.doc.text)
}

// envelop removes the signature from the set around it. A signature elsewhere
// is allowed: official documents are signed like that. If someone has moved the
// content away from its signature, the coverage of the document shows it.
func (d *dereference) envelop(r *Reference, now *data) *cms.Failure {
	e := d.sig.element
	if now.set == nil || now.set.doc != e.doc || now.set.without != nil {
		return failure(cms.SigConstraintsFailure, "an enveloped-signature transform of something else than the document")
	}
	apex := now.set.apex
	if apex == nil {
		apex = e.doc.root
	}
	switch {
	case e.contains(apex):
		return failure(cms.SigConstraintsFailure, "an enveloped-signature transform of the signature itself")
	case apex.contains(e):
		now.set.without = e
	default:
		r.elsewhere = true
	}
	return nil
}

// parse makes a node-set of octets.
func (d *dereference) parse(now *data) *cms.Failure {
	if now.set != nil {
		return nil
	}
	limits := d.sig.element.doc.limits
	b, f := readAll(now.octets, limits.Size)
	if f != nil {
		return f
	}
	if f := d.budget.spend(len(b)); f != nil {
		return f
	}
	doc, err := limits.Parse(b)
	if err != nil {
		return &cms.Failure{Code: cms.FormatFailure, Detail: "XML to be canonicalised: " + err.Error(), Cause: err}
	}
	*now = data{set: &nodeSet{doc: doc, comments: true}}
	return nil
}

func readAll(r io.Reader, most int) ([]byte, *cms.Failure) {
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(b) > most {
		err = &LimitError{Limit: "Size", Max: most}
	}
	if err != nil {
		return nil, because(cms.SignedDataNotFound, err)
	}
	return b, nil
}

// decode is the base64 transform (XML-DSig 1.1, 6.6.2). It takes the text of a
// node-set. It refuses elements in the set, because their names would not be
// signed.
func (d *dereference) decode(now *data) *cms.Failure {
	var text []byte
	if now.set != nil {
		if f := d.budget.spend(now.set.size()); f != nil {
			return f
		}
		s := now.set.scanner()
		for {
			t, err := s.next()
			switch {
			case err != nil:
				return because(cms.FormatFailure, err)
			case t.kind == startElement && s.depth() > 1:
				return failure(cms.SigConstraintsFailure, "a base64 transform of an element with elements in it")
			case t.kind == charData && s.depth() > 0 || t.kind == cdata:
				text = appendText(text, t.data, t.kind)
			}
			if t.kind == endOfText {
				break
			}
		}
	} else {
		var f *cms.Failure
		if text, f = readAll(now.octets, d.sig.element.doc.limits.Size); f != nil {
			return f
		}
	}
	b, ok := decodeBase64(string(text))
	if !ok {
		return failure(cms.FormatFailure, "what a base64 transform is for is not base64")
	}
	*now = data{octets: bytes.NewReader(b)}
	return nil
}
