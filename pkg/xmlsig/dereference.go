package xmlsig

import (
	"bytes"
	"errors"
	"hash"
	"io"
	"io/fs"
	"net/url"
	"strings"
)

// dereference is one signature's way to what its references mean.
type dereference struct {
	sig     *signature
	open    func(name string) (io.ReadCloser, error)
	budget  *budget
	targets map[string]lookup
}

// budget is what may still be canonicalised and digested inside the document.
type budget struct{ left int }

func (b *budget) spend(n int) *Failure {
	if b.left -= n; b.left < 0 {
		return failure(SigConstraintsFailure, "the references ask for more work than the document's size allows")
	}
	return nil
}

// pointer is what a URI reference says (XML-DSig 1.1, 4.4.3.2 and 4.4.3.3).
type pointer struct {
	outside  string // name of a file; the rest is about the document itself
	ids      []string
	whole    bool
	comments bool
}

// parsePointer reads a URI. A fragment is taken as it stands and with its
// percent-encoding resolved, because readers do either.
func parsePointer(uri string) (pointer, *Failure) {
	fragment, same := strings.CutPrefix(uri, "#")
	switch {
	case uri == "":
		return pointer{whole: true}, nil
	case uri == "#xpointer(/)":
		return pointer{whole: true, comments: true}, nil
	case same:
		comments := false
		if id, found := strings.CutPrefix(fragment, "xpointer(id("); found {
			id, found = strings.CutSuffix(id, "))")
			if !found || len(id) < 3 || id[0] != id[len(id)-1] || id[0] != '\'' && id[0] != '"' {
				return pointer{}, unsupported(SigConstraintsFailure, "transform", "XPointer "+uri)
			}
			fragment, comments = id[1:len(id)-1], true
		}
		if fragment == "" || strings.ContainsAny(fragment, "()") {
			return pointer{}, unsupported(SigConstraintsFailure, "transform", "XPointer "+uri)
		}
		ids := []string{fragment}
		if plain, err := url.PathUnescape(fragment); err == nil && plain != fragment {
			ids = append(ids, plain)
		}
		return pointer{ids: ids, comments: comments}, nil
	}
	name, ok := fileName(uri)
	if !ok {
		return pointer{}, failure(SignedDataNotFound, "%q is not fetched: only files beside the signature are", uri)
	}
	return pointer{outside: name}, nil
}

// fileName is the name of a file that a relative reference means: a path
// downwards, without scheme, host, query and fragment.
func fileName(uri string) (string, bool) {
	if strings.ContainsAny(uri, "?#\\\x00") || !isRelative([]byte(uri)) {
		return "", false
	}
	name, err := url.PathUnescape(uri)
	if err != nil {
		name = uri
	}
	name = strings.TrimPrefix(name, "./")
	return name, name != "." && fs.ValidPath(name) && !strings.ContainsAny(name, "\\\x00")
}

// resolve looks for all elements that the references name, in one go.
func (d *dereference) resolve() *Failure {
	var ids []string
	for _, r := range d.sig.references {
		if p, f := parsePointer(r.URI); f == nil {
			ids = append(ids, p.ids...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	doc := d.sig.element.doc
	if f := d.budget.spend(len(doc.text)); f != nil {
		return f
	}
	var err error
	if d.targets, err = doc.elementsByID(ids); err != nil {
		return &Failure{Reason: FormatFailure, Detail: err.Error(), Cause: err}
	}
	return nil
}

// element is the one element that a pointer means.
func (d *dereference) element(p pointer) (*Element, *Failure) {
	var found *Element
	missing := error(ErrNoElement)
	for _, id := range p.ids {
		switch l := d.targets[id]; {
		case errors.Is(l.err, ErrNoElement):
			missing = l.err
		case l.err != nil:
			return nil, &Failure{Reason: SigConstraintsFailure, Detail: "several elements have the id " + id, Cause: l.err}
		case found != nil && found.start != l.element.start:
			return nil, &Failure{Reason: SigConstraintsFailure, Detail: "one id with and without percent-encoding", Cause: ErrDuplicateID}
		default:
			found = l.element
		}
	}
	if found == nil {
		return nil, &Failure{Reason: SignedDataNotFound, Detail: "no element has the id " + p.ids[0], Cause: missing}
	}
	return found, nil
}

// data is what goes from transform to transform: a node-set, or octets.
type data struct {
	set    *nodeSet
	octets io.Reader
}

// digest finds what a reference means, sends it through the transforms and
// compares its digest.
func (d *dereference) digest(r *Reference) *Failure {
	if !r.hasURI {
		return failure(FormatFailure, "a reference without URI")
	}
	p, f := parsePointer(r.URI)
	if f != nil {
		return f
	}
	var now data
	if p.outside != "" {
		r.Target, r.File = TargetFile, p.outside
		file, f := d.openFile(p.outside)
		if f != nil {
			return f
		}
		defer file.Close()
		now.octets = file
	} else {
		set := nodeSet{doc: d.sig.element.doc, comments: p.comments}
		r.Target, r.Element = TargetDocument, set.doc.root
		if !p.whole {
			if set.apex, f = d.element(p); f != nil {
				return f
			}
			r.Target, r.Element = TargetElement, set.apex
		}
		now.set = &set
	}
	h := r.Hash.New()
	if f := d.transform(r, now, h); f != nil {
		return f
	}
	if !bytes.Equal(h.Sum(nil), r.digest) {
		return failure(HashFailure, "%s is not what was signed", r.what())
	}
	return nil
}

// what names what the reference means, for people.
func (r *Reference) what() string {
	switch {
	case r.Target == TargetFile:
		return "file " + r.File
	case r.Target == TargetDocument:
		return "the document"
	case r.Element != nil:
		return "element " + r.Element.path()
	}
	return "reference " + r.URI
}

func (d *dereference) openFile(name string) (io.ReadCloser, *Failure) {
	if d.open == nil {
		return nil, failure(SignedDataNotFound, "file %s was not given", name)
	}
	file, err := d.open(name)
	if err != nil {
		return nil, &Failure{Reason: SignedDataNotFound, Detail: "file " + name + ": " + err.Error(), Cause: err}
	}
	return file, nil
}

// transform carries out the transforms of r (XML-DSig 1.1, 4.4.3.2) and writes
// the result into h. What ends as a node-set is canonicalised with C14N 1.0.
func (d *dereference) transform(r *Reference, now data, h hash.Hash) *Failure {
	for i, t := range r.transforms {
		last := i == len(r.transforms)-1
		var f *Failure
		switch t.algorithm {
		case transformEnveloped:
			f = d.envelop(&now)
		case transformBase64:
			f = d.decode(&now)
		default:
			c := Canonicalizer{C14NMethod(t.algorithm), t.prefixes}
			if f = d.parse(&now); f != nil {
				break
			}
			r.Comments = c14nTraits[c.Method].comments && now.set.comments
			if last {
				return d.write(c, now, h)
			}
			var b bytes.Buffer
			f = d.write(c, now, &b)
			now = data{octets: &b}
		}
		if f != nil {
			return f
		}
	}
	if now.set != nil {
		return d.write(Canonicalizer{Method: C14N10}, now, h)
	}
	if _, err := io.Copy(h, now.octets); err != nil {
		return &Failure{Reason: SignedDataNotFound, Detail: err.Error(), Cause: err}
	}
	return nil
}

func (d *dereference) write(c Canonicalizer, now data, w io.Writer) *Failure {
	if f := d.budget.spend(now.set.size()); f != nil {
		return f
	}
	if err := c.write(w, *now.set); err != nil {
		return &Failure{Reason: FormatFailure, Detail: err.Error(), Cause: err}
	}
	return nil
}

// size is the number of bytes of text the set is in.
func (set *nodeSet) size() int {
	if set.apex != nil {
		return set.apex.end - set.apex.start
	}
	return len(set.doc.text)
}

// envelop takes the signature out of the set it lies in. A signature that does
// not lie in what it signs has no use for this transform, but somebody who has
// moved the signed element elsewhere does.
func (d *dereference) envelop(now *data) *Failure {
	e := d.sig.element
	if now.set == nil || now.set.doc != e.doc || now.set.without != nil {
		return failure(SigConstraintsFailure, "an enveloped-signature transform of something else than the document")
	}
	apex := now.set.apex
	if apex == nil {
		apex = e.doc.root
	}
	if apex.start == e.start || !apex.contains(e) {
		return failure(SigConstraintsFailure, "an enveloped-signature transform of an element that the signature is not in")
	}
	now.set.without = e
	return nil
}

// parse makes a node-set of octets.
func (d *dereference) parse(now *data) *Failure {
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
		return &Failure{Reason: FormatFailure, Detail: "XML to be canonicalised: " + err.Error(), Cause: err}
	}
	*now = data{set: &nodeSet{doc: doc, comments: true}}
	return nil
}

func readAll(r io.Reader, most int) ([]byte, *Failure) {
	b, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(b) > most {
		err = &LimitError{Limit: "Size", Max: most}
	}
	if err != nil {
		return nil, &Failure{Reason: SignedDataNotFound, Detail: err.Error(), Cause: err}
	}
	return b, nil
}

// decode is the base64 transform (XML-DSig 1.1, 6.6.2). Of a node-set it takes
// the text. There must be no elements in it, whose names would not be signed.
func (d *dereference) decode(now *data) *Failure {
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
				return &Failure{Reason: FormatFailure, Detail: err.Error(), Cause: err}
			case t.kind == startElement && s.depth() > 1:
				return failure(SigConstraintsFailure, "a base64 transform of an element with elements in it")
			case t.kind == charData && s.depth() > 0 || t.kind == cdata:
				text = appendText(text, t.data, t.kind)
			}
			if t.kind == endOfText {
				break
			}
		}
	} else {
		var f *Failure
		if text, f = readAll(now.octets, d.sig.element.doc.limits.Size); f != nil {
			return f
		}
	}
	b, ok := decodeBase64(string(text))
	if !ok {
		return failure(FormatFailure, "what a base64 transform is for is not base64")
	}
	*now = data{octets: bytes.NewReader(b)}
	return nil
}
