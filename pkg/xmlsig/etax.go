package xmlsig

import (
	"fmt"
	"slices"
)

// Names of e-Tax. The namespace of the root depends on the kind of tax;
// etaxSpaces is the common prefix.
const (
	etaxRoot   = "DATA"
	etaxSpaces = "http://xml.e-tax.nta.go.jp/XSD/"
	etaxHost   = "e-tax.nta.go.jp"
)

// prepareETax signs the procedure element in DATA. The signature stands after
// it, so that a further signature breaks no earlier one.
func (d *Document) prepareETax(o Options) (*Prepared, error) {
	sh := d.shape()
	refuse := func(r ProfileReason, names ...string) (*Prepared, error) {
		return nil, &ProfileError{Profile: ProfileETax, Reason: r, Names: names}
	}
	if sh.profile != ProfileETax {
		return refuse(NotThisForm)
	}
	procedures := sh.procedures()
	switch {
	case len(procedures) == 0:
		return refuse(NoProcedure)
	case len(procedures) > 1 || sh.more:
		names := make([]string, 0, len(procedures))
		for _, e := range procedures[:min(len(procedures), maxOutside)] {
			names = append(names, e.local)
		}
		return refuse(SeveralProcedures, names...)
	}
	e := procedures[0]
	if len(e.ids) == 0 || e.ids[0] == "" {
		return refuse(NoProcedureID, e.local)
	}
	p, err := d.fixed(o, "dsig")
	if err != nil {
		return nil, err
	}
	p.lines = "\n"
	if err := p.within(d.root); err != nil {
		return nil, err
	}
	if err := sh.refuseOutside(e, nil); err != nil {
		return nil, err
	}
	id := e.ids[0]
	if slices.Contains(e.ids, e.local) {
		id = e.local
	}
	if _, err := d.ElementByID(id); err != nil {
		return nil, fmt.Errorf("xmlsig: %s: %w", e.local, err)
	}
	return p, p.element(e, id, id, "")
}

// procedures are the children of DATA that are no signatures.
func (sh *shape) procedures() (found []*Element) {
	for _, e := range sh.children {
		if !e.is(nsDSig, "Signature") {
			found = append(found, e)
		}
	}
	return found
}

// inProcedure reports whether a signature stands inside the content that the
// signatures of the form cover, such as the signature of an attached
// certificate.
func (sh *shape) inProcedure(e *Element) bool {
	return slices.ContainsFunc(sh.procedures(), func(p *Element) bool { return p.contains(e) })
}

// outsideETax lists the parts that a signature leaves out of an .xtx.
func (sh *shape) outsideETax(v view) (out []Outside) {
	if v.whole {
		return nil
	}
	for _, e := range sh.procedures() {
		if !v.signed(e) {
			out = append(out, Outside{Kind: OutsideElement, Name: e.local})
		}
		if len(out) > 2*maxOutside {
			return out
		}
	}
	if v.own != nil && !sh.isChild(v.own) {
		out = append(out, Outside{Kind: OutsidePlace, Name: "Signature"})
	}
	return append(out, sh.outsideRoot()...)
}
