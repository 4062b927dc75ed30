package xmlsig

import (
	"errors"
	"io"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
)

// Names of the 構成管理情報 of e-Gov.
const (
	egovRoot        = "DataRoot"
	egovFormID      = "様式ID"
	egovFormVersion = "様式バージョン"
	egovStyleSheet  = "STYLESHEET"
	egovContents    = "構成情報"
	egovSignatures  = "署名情報"
	egovOther       = "その他"
)

// EGov is the 構成管理情報 of an application to e-Gov: the procedure and the list of
// its files. The document itself names the files that a signature must cover.
type EGov struct {
	Kind EGovKind
	// FormID, FormVersion and StyleSheet are 様式ID, 様式バージョン and
	// STYLESHEET, which no signature covers.
	FormID, FormVersion, StyleSheet string
	ProcedureID, ProcedureName      string // 手続ID, 手続名称
	Type                            string // 申請種別
	// Forms are the 申請書, Attachments the 添付書類, in their order. Entries without
	// a file name are left out.
	Forms, Attachments []EGovFile
	Signatures         int // in 署名情報
}

// EGovFile is a file that an application consists of, in the same folder.
type EGovFile struct {
	Name  string // of the file, as the application spells it
	Title string // 申請書様式名称, 添付書類名称
	// FormID is 申請書様式ID.
	FormID string
	// Sent is false for an attachment that comes in another way (提出情報 is
	// given, and not 1).
	Sent bool
}

// EGovKind is the purpose of a 構成管理情報.
type EGovKind string

// The kinds.
const (
	// EGovStandard is the kousei.xml of an application in 標準形式, or the small
	// file for a form in 個別署名形式 (申請書作成): the signature is over it and
	// its Forms.
	EGovStandard EGovKind = "standard"
	// EGovAttachment is the small file for an attachment in 個別署名形式
	// (添付書類署名): the signature is over it and its Attachments.
	EGovAttachment EGovKind = "attachment"
	// EGovIndividual is the kousei.xml of an application in 個別署名形式: it is
	// not signed, but each of its Parts is.
	EGovIndividual EGovKind = "individual"
	// EGovNothing names no form. A signature would cover nothing but 構成情報.
	EGovNothing EGovKind = "nothing"
)

// ToSign lists the files that a signature covers besides 構成情報, each once.
func (g *EGov) ToSign() (names []string) {
	files := g.Forms
	switch g.Kind {
	case EGovAttachment:
		files = g.Attachments
	case EGovIndividual:
		return nil
	}
	seen := map[string]bool{}
	for _, f := range files {
		if !seen[f.Name] {
			seen[f.Name] = true
			names = append(names, f.Name)
		}
	}
	return names
}

// partName is how the small files of 個別署名形式 are called.
var partName = regexp.MustCompile(`^kousei[0-9]{17}\.xml$`)

// Parts are the files that are to be signed instead of an EGovIndividual.
func (g *EGov) Parts() (names []string) {
	if g.Kind != EGovIndividual {
		return nil
	}
	for _, f := range g.Attachments {
		if partName.MatchString(f.Name) && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// EGov reads a document as 構成管理情報. For any other document the error is a
// [*ProfileError].
func (d *Document) EGov() (*EGov, error) {
	sh := d.shape()
	if sh.profile != ProfileEGov {
		return nil, &ProfileError{Profile: ProfileEGov, Reason: NotThisForm}
	}
	g := *sh.egov
	g.Forms, g.Attachments = slices.Clone(g.Forms), slices.Clone(g.Attachments)
	return &g, nil
}

// isEGov wants 様式ID, 様式バージョン, STYLESHEET and 構成情報 with its ID, in
// this order at the beginning of the root.
func (sh *shape) isEGov() bool {
	if len(sh.children) < 4 {
		return false
	}
	for i, local := range []string{egovFormID, egovFormVersion, egovStyleSheet, egovContents} {
		if !sh.children[i].is("", local) {
			return false
		}
	}
	g, contents := &EGov{}, sh.children[3]
	if !slices.Contains(contents.ids, egovContents) || g.read(contents) != nil {
		return false
	}
	for i, value := range []*string{&g.FormID, &g.FormVersion, &g.StyleSheet} {
		*value, _ = sh.children[i].leafText()
	}
	g.Kind = g.kind()
	sh.contents, sh.egov = contents, g
	if len(sh.children) > 4 && sh.children[4].is("", egovSignatures) {
		sh.signatures = sh.children[4]
		for _, e := range sh.doc.signatures {
			if sh.signatures.contains(e) {
				g.Signatures++
			}
		}
	}
	return true
}

func (g *EGov) kind() EGovKind {
	switch {
	case len(g.Forms) > 0:
		return EGovStandard
	case g.Type == "添付書類署名" && len(g.Attachments) > 0:
		return EGovAttachment
	case slices.ContainsFunc(g.Attachments, func(f EGovFile) bool { return partName.MatchString(f.Name) }):
		return EGovIndividual
	}
	return EGovNothing
}

// read goes through 構成情報.
func (g *EGov) read(contents *Element) error {
	s := contents.scanner()
	var path []string
	var text []byte
	var file EGovFile
	most := contents.doc.limits.References
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch t.kind {
		case endOfText:
			return nil
		case startElement:
			path, text = append(path, string(t.uri)+string(t.local)), text[:0]
			if len(path) == 2 {
				file = EGovFile{Sent: true}
			}
		case charData, cdata:
			if len(text) < maxText {
				text = appendText(text, head(t.data, 2*maxText), t.kind)
			}
		case endElement:
			g.leaf(&file, path[1:], trimSpace(text))
			if len(path) == 2 && file.Name != "" {
				switch path[1] {
				case "申請書属性情報":
					g.Forms = append(g.Forms, file)
				case "添付書類属性情報":
					g.Attachments = append(g.Attachments, file)
				}
				if len(g.Forms)+len(g.Attachments) > most {
					return s.limitAt(t.start, "References", most)
				}
			}
			path, text = path[:len(path)-1], text[:0]
		}
	}
}

// leaf records the text of an element of 構成情報 with a known path.
func (g *EGov) leaf(file *EGovFile, path []string, text string) {
	switch len(path) {
	case 2:
		switch path[0] + "/" + path[1] {
		case "管理情報/手続名称":
			g.ProcedureName = text
		case "管理情報/申請種別":
			g.Type = text
		case "申請書属性情報/申請書ファイル名称", "添付書類属性情報/添付書類ファイル名称":
			file.Name = text
		case "申請書属性情報/申請書様式名称", "添付書類属性情報/添付書類名称":
			file.Title = text
		case "申請書属性情報/申請書様式ID":
			file.FormID = text
		case "添付書類属性情報/提出情報":
			file.Sent = text == "" || text == "1"
		}
	case 3:
		if path[0] == "管理情報" && path[1] == "手続番号" && path[2] == "手続ID" {
			g.ProcedureID = text
		}
	}
}

// prepareEGov signs 構成情報 and the files that it names, inside 署名情報.
func (d *Document) prepareEGov(o Options) (*Prepared, error) {
	sh := d.shape()
	refuse := func(r ProfileReason, names ...string) (*Prepared, error) {
		return nil, &ProfileError{Profile: ProfileEGov, Reason: r, Names: names}
	}
	if sh.profile != ProfileEGov {
		return refuse(NotThisForm)
	}
	g := sh.egov
	names := g.ToSign()
	switch {
	case g.Kind == EGovIndividual:
		return refuse(SignedPartByPart, g.Parts()...)
	case len(names) == 0:
		return refuse(NoForms)
	}
	if unsafe := slices.DeleteFunc(slices.Clone(names), isSafeName); len(unsafe) > 0 {
		return refuse(UnsafeName, unsafe...)
	}
	p, err := d.fixed(o, "")
	if err != nil {
		return nil, err
	}
	if sh.signatures != nil {
		err = p.within(sh.signatures)
	} else {
		err = p.withinNew(sh.contents)
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.ElementByID(egovContents); err != nil {
		return nil, err
	}
	if err := sh.refuseOutside(sh.contents, names); err != nil {
		return nil, err
	}
	if err := p.element(sh.contents, egovContents, url.PathEscape(egovContents), ""); err != nil {
		return nil, err
	}
	if err := p.egovFiles(o.Open, names); err != nil {
		return nil, err
	}
	p.findAttachments(o.Open, g)
	return p, nil
}

// egovFiles digests the named files. The error names all missing files.
func (p *Prepared) egovFiles(open func(string) (io.ReadCloser, error), names []string) error {
	var missing []string
	for _, name := range names {
		file, err := openWith(open, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, name)
			continue
		case err != nil:
			return &MissingFileError{name, err}
		}
		if len(missing) == 0 {
			err = p.file(File{Name: name, Content: file}, egovURI(name))
		}
		file.Close()
		if err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return &ProfileError{Profile: ProfileEGov, Reason: MissingFile, Names: missing}
	}
	return nil
}

func openWith(open func(string) (io.ReadCloser, error), name string) (io.ReadCloser, error) {
	if open == nil {
		return nil, fs.ErrNotExist
	}
	return open(name)
}

// findAttachments records the missing attachments.
func (p *Prepared) findAttachments(open func(string) (io.ReadCloser, error), g *EGov) {
	signed := g.ToSign()
	for _, a := range g.Attachments {
		if !a.Sent || slices.Contains(signed, a.Name) || slices.Contains(p.MissingAttachments, a.Name) {
			continue
		}
		if !isPathDown(a.Name) {
			p.MissingAttachments = append(p.MissingAttachments, a.Name)
			continue
		}
		file, err := openWith(open, a.Name)
		if err != nil {
			p.MissingAttachments = append(p.MissingAttachments, a.Name)
			continue
		}
		file.Close()
	}
}

// withinNew puts the signature into a 署名情報 of its own behind 構成情報.
func (p *Prepared) withinNew(contents *Element) error {
	d := p.doc
	if err := p.checkOthers(d.root); err != nil {
		return err
	}
	at := d.source(contents.end)
	open, err := encode("<"+egovSignatures+">", p.encoding)
	if err != nil {
		return err
	}
	end, err := encode("</"+egovSignatures+">", p.encoding)
	if err != nil {
		return err
	}
	p.before, p.after = [][]byte{d.src[:at], open}, [][]byte{end, d.src[at:]}
	scope, err := d.root.innerScope()
	if err != nil {
		return err
	}
	return p.inside(scope)
}

// outsideEGov lists the parts that a signature leaves out of a 構成管理情報, and of
// its application.
func (sh *shape) outsideEGov(v view) (out []Outside) {
	if v.whole { // wherever it stands, it is over all of this
		return sh.egov.outside(v)
	}
	others := sh.named(egovOther)
	for i, e := range sh.children {
		var o *Outside
		switch {
		case i < 3:
			o = sh.once(e, func() *Outside { return sh.head(i) })
		case e == sh.contents:
			if !v.signed(e) {
				o = &Outside{Kind: OutsideElement, Name: e.local}
			}
		case e == sh.signatures:
			o = sh.once(e, func() *Outside {
				if e.onlySignatures() {
					return nil
				}
				return &Outside{Kind: OutsideElement, Name: e.local}
			})
		case len(others) > 0 && e == others[0]:
			o = sh.once(e, func() *Outside {
				return &Outside{Kind: OutsideOther, Name: e.local, Text: e.summary(), Permitted: true}
			})
		case v.own != nil && e.start == v.own.start: // its place is told below
		default:
			o = &Outside{Kind: OutsideElement, Name: e.local}
		}
		if o != nil {
			out = append(out, *o)
		}
		if len(out) > 2*maxOutside {
			return out
		}
	}
	if v.own != nil && (sh.signatures == nil || !sh.signatures.contains(v.own)) {
		out = append(out, Outside{Kind: OutsidePlace, Name: "Signature"})
	}
	return append(append(out, sh.outsideRoot()...), sh.egov.outside(v)...)
}

// head is the part before 構成情報: fixed names and numbers, and the style sheet,
// which must be called after them.
func (sh *shape) head(i int) *Outside {
	g := sh.egov
	value, isText := sh.children[i].leafText()
	o := &Outside{Kind: OutsideHead, Name: sh.children[i].local, Text: value, Permitted: isText}
	if i == 2 && (g.StyleSheet != g.FormID+".xsl" || !isBareName(g.StyleSheet)) {
		o.Permitted = false
	}
	return o
}

// outside lists the files of an application that a signature leaves out.
func (g *EGov) outside(v view) (out []Outside) {
	toSign := map[string]bool{}
	for _, name := range g.ToSign() {
		toSign[name] = true
		if !v.file(name) && len(out) < maxOutside {
			out = append(out, Outside{Kind: OutsideForm, Name: name})
		}
	}
	for _, a := range g.Attachments {
		if !toSign[a.Name] && !v.file(a.Name) {
			out = append(out, Outside{Kind: OutsideAttachment, Name: a.Name, Permitted: true})
		}
	}
	return out
}

// onlySignatures reports whether an element holds signatures and nothing else.
func (e *Element) onlySignatures() bool {
	only := true
	s := e.scanner()
	_, err := e.doc.walk(s, 1, func(t *token) bool {
		switch {
		case s.depth() == 1 && len(t.attrs) > 0, s.depth() == 2 && !isSignature(t):
			only = false
		}
		return false
	}, func(t *token) {
		if s.depth() == 1 && (t.kind == procInst || t.kind == cdata || t.kind == charData && !isBlank(string(t.data))) {
			only = false
		}
	})
	return only && err == nil
}
