//go:build foreign

package witness

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/cms"
	"github.com/jpki-tools/jpki/pkg/internal/signers"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

var signing = sync.OnceValue(func() cms.Signing {
	ca, _ := signers.CA()
	key := signers.Cardholder()
	return cms.Signing{
		Certificate: signers.Certify(key, "witnessed signer", 7), Key: key, Hash: crypto.SHA256, CA: []*x509.Certificate{ca},
		Time: time.Date(2026, 11, 22, 7, 30, 5, 0, time.UTC),
	}
})

// rules are the limits that the first signature of a file sets for later
// changes.
type rules string

const (
	approval rules = "approval"
	locked   rules = "fieldmdp" // an approval that locks the field "name"
	p1       rules = "p1"
	p2       rules = "p2"
	p3       rules = "p3"
)

var allRules = []rules{approval, locked, p1, p2, p3}

func (r rules) permission() int {
	return map[rules]int{p1: 1, p2: 2, p3: 3}[r]
}

func (r rules) entries() string {
	if p := r.permission(); p != 0 {
		return fmt.Sprintf("/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P %d/V/1.2>>>>]", p)
	}
	if r == locked {
		return "/Reference[<</Type/SigRef/TransformMethod/FieldMDP/TransformParams<</Type/TransformParams/Action/Include/Fields[(name)]/V/1.2>>>>]"
	}
	return ""
}

func show(text string, size, x, y int) string {
	return fmt.Sprintf("BT /F1 %d Tf %d %d Td (%s) Tj ET", size, x, y, text)
}

const (
	fonts = "/Font<</F1 {font}>>"
	box   = "/MediaBox[0 0 360 240]"
)

func evil() string { return streamOf("", show("Pay 999 yen", 36, 20, 170)) }

func formXObject(content, bbox, more string) string {
	return streamOf("/Type/XObject/Subtype/Form/BBox["+bbox+"]/Resources<<"+fonts+">>"+more, content)
}

// layout holds the objects of a document by role, in order of object number.
type layout struct {
	names   []string
	objects map[string]string
	trailer string
	leading string // bytes before the header
}

func (l *layout) set(name, body string) {
	if _, ok := l.objects[name]; !ok {
		l.names = append(l.names, name)
	}
	l.objects[name] = body
}

func plain() *layout {
	l := &layout{objects: map[string]string{}}
	l.set("catalog", "<</Type/Catalog/Pages {pages}>>")
	l.set("pages", "<</Type/Pages/Kids[{page}]/Count 1>>")
	l.set("page", "<</Type/Page/Parent {pages}"+box+"/Resources<<"+fonts+">>/Contents {content}>>")
	l.set("content", streamOf("", show("Pay 100 yen", 36, 20, 170)))
	l.set("font", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	return l
}

const textField = "<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Sato)/DA(/F1 12 Tf 0 g)/Rect[20 100 180 120]/F 4/P {page}/AP<</N {text-look}>>>>"

// rich returns a document with more than a page: tags, outlines, a form, notes,
// metadata, layers and an attachment.
func rich() *layout {
	l := plain()
	l.set("catalog", "<</Type/Catalog/Pages {pages}/AcroForm {form}/MarkInfo<</Marked true>>/StructTreeRoot {tree}/Outlines {outlines}/Metadata {metadata}/Lang(ja)/OCProperties<</OCGs[{layer}]/D<</ON[{layer}]/Order[{layer}]>>>>/Names<</EmbeddedFiles<</Names[(a.txt) {filespec}]>>>>>>")
	l.set("page", "<</Type/Page/Parent {pages}"+box+"/StructParents 0/Tabs/S/Resources<<"+fonts+"/Properties<</L {layer}>>>>/Contents {content}/Annots[{text} {check} {stamp} {stamp2} {link}]>>")
	l.set("content", streamOf("", "/P <</MCID 0>> BDC "+show("Pay 100 yen", 36, 20, 170)+" EMC /OC /L BDC "+show("tax included", 10, 250, 150)+" EMC"))
	l.set("form", "<</Fields[{text} {check}]/DA(/F1 12 Tf 0 g)/DR<<"+fonts+">>>>")
	l.set("text", textField)
	l.set("text-look", formXObject("/Tx BMC q BT /F1 12 Tf 2 5 Td (Sato) Tj ET Q EMC", "0 0 160 20", ""))
	l.set("check", "<</Type/Annot/Subtype/Widget/FT/Btn/T(agree)/V/Off/AS/Off/Rect[200 100 215 115]/F 4/P {page}/AP<</N<</Yes {check-on}/Off {check-off}>>>>>>")
	l.set("check-on", formXObject("0 g 2 2 11 11 re f", "0 0 15 15", ""))
	l.set("check-off", formXObject("0 G 1 1 13 13 re S", "0 0 15 15", ""))
	look := func(t string) string {
		return formXObject("1 g 0 0 120 30 re f 0 g "+show(t, 14, 4, 8), "0 0 120 30", "")
	}
	l.set("stamp", "<</Type/Annot/Subtype/Stamp/Rect[20 60 140 90]/F 4/P {page}/AP<</N {stamp-look}>>>>")
	l.set("stamp-look", look("fee 999"))
	l.set("stamp2", "<</Type/Annot/Subtype/Stamp/Rect[20 60 140 90]/F 4/P {page}/AP<</N {stamp2-look}>>>>")
	l.set("stamp2-look", look("fee 100"))
	l.set("link", "<</Type/Annot/Subtype/Link/Rect[200 60 260 80]/Border[0 0 0]/P {page}/Dest[{page}/Fit]>>")
	l.set("tree", "<</Type/StructTreeRoot/K {document}/ParentTree {parents}/ParentTreeNextKey 1>>")
	l.set("parents", "<</Nums[0 [{paragraph}]]>>")
	l.set("document", "<</Type/StructElem/S/Document/P {tree}/K[{paragraph}]>>")
	l.set("paragraph", "<</Type/StructElem/S/P/P {document}/Pg {page}/K 0>>")
	l.set("outlines", "<</Type/Outlines/First {outline}/Last {outline}/Count 1>>")
	l.set("outline", "<</Title(One)/Parent {outlines}/Dest[{page}/Fit]/SE {document}>>")
	l.set("metadata", streamOf("/Type/Metadata/Subtype/XML", "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"></x:xmpmeta>"))
	l.set("layer", "<</Type/OCG/Name(Tax)>>")
	l.set("filespec", "<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F {attached}>>>>")
	l.set("attached", streamOf("/Type/EmbeddedFile", "attached"))
	l.set("info", "<</Title(A contract)/Producer(hand)>>")
	l.trailer = "/Info {info}"
	return l
}

// write makes the file of a layout.
func (l *layout) write(s structure, u update) *file {
	objects, roles := map[int]string{}, map[string]int{}
	for i, name := range l.names {
		roles[name] = i + 1
		objects[i+1] = l.objects[name]
		if s == linearized && strings.HasPrefix(objects[i+1], "<<") {
			objects[i+1] = "<</ZzRole/" + name + objects[i+1][2:]
		}
	}
	trailer := l.trailer + "/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]"
	trailer = (&file{roles: roles}).fill(trailer)
	f := create(s, objects, roles, trailer, l.leading, u)
	if s != linearized {
		return f
	}
	f.data = linearize(f.data)
	f.objects, f.roles = map[int]string{}, map[string]int{}
	f = f.read(f.data)
	for n, o := range f.objects {
		if m := roleOf.FindStringSubmatch(o); m != nil {
			f.roles[m[1]] = n
		}
	}
	f.trailer = (&file{roles: f.roles}).fill(l.trailer + "/ID[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]")
	return f
}

var linearizedFiles sync.Map

// linearize has qpdf linearize a file.
func linearize(data []byte) []byte {
	key := sha256.Sum256(data)
	if done, ok := linearizedFiles.Load(key); ok {
		return slices.Clone(done.([]byte))
	}
	dir, err := os.MkdirTemp("", "linearize")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		panic(err)
	}
	if said, err := exec.Command("qpdf", "--linearize", "--static-id", "--object-streams=disable", "--stream-data=preserve", "--newline-before-endstream", in, out).CombinedOutput(); err != nil {
		panic(fmt.Sprintf("qpdf: %v: %s", err, said))
	}
	made, err := os.ReadFile(out)
	if err != nil {
		panic(err)
	}
	linearizedFiles.Store(key, made)
	return slices.Clone(made)
}

// signature describes a signature and its field.
type signature struct {
	name      string
	rules     rules
	subFilter string
	entries   string // further entries of the dictionary
	widget    string // further entries of the field; they replace its invisible Rect
	stamp     bool   // makes it a document timestamp
	more      map[int]string
	update    update // the form of its revision
	edit      func(objects map[int]string)
}

// missingForm matches a catalog's AcroForm entry for a form that does not exist.
// sign replaces it.
var missingForm = regexp.MustCompile(`/AcroForm \d+ 0 R`)

const showsNothing = "/Rect[0 0 0 0]/F 132"

// sign adds a field and its signature as many programs do: it changes the
// catalog, the form and the page, and adds two objects.
func (f *file) sign(s signature) *file {
	g := f.clone()
	if s.name == "" {
		s.name = "S" + strconv.Itoa(len(g.signed)+1)
	}
	if s.subFilter == "" {
		s.subFilter = "ETSI.CAdES.detached"
	}
	if s.widget == "" {
		s.widget = showsNothing
	}
	field := g.size
	value := field + 1
	for n := range s.more {
		value = max(value, n+1)
	}
	g.roles = maps.Clone(g.roles)
	g.roles["field"+strconv.Itoa(len(g.signed)+1)] = field
	g.roles["value"+strconv.Itoa(len(g.signed)+1)] = value
	objects := maps.Clone(s.more)
	if objects == nil {
		objects = map[int]string{}
	}
	catalog := g.body("catalog")
	form, indirect := g.roles["form"]
	switch {
	case indirect:
		o := into(without(g.objects[form], "SigFlags"), "Fields", fmt.Sprintf("%d 0 R", field))
		objects[form] = with(o, "/SigFlags 3")
	case missingForm.MatchString(catalog):
		catalog = missingForm.ReplaceAllString(catalog, fmt.Sprintf("/AcroForm<</Fields[%d 0 R]/SigFlags 3>>", field))
	case strings.Contains(catalog, "/AcroForm"):
		catalog = into(catalog, "Fields", fmt.Sprintf("%d 0 R", field))
	default:
		catalog = with(catalog, fmt.Sprintf("/AcroForm<</Fields[%d 0 R]/SigFlags 3>>", field))
	}
	if s.rules.permission() != 0 {
		catalog = with(catalog, fmt.Sprintf("/Perms<</DocMDP %d 0 R>>", value))
	}
	if catalog != g.body("catalog") {
		objects[g.roles["catalog"]] = catalog
	}
	objects[g.roles["page"]] = into(g.body("page"), "Annots", fmt.Sprintf("%d 0 R", field))
	objects[field] = g.fill(fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)%s/V %d 0 R/P {page}>>", s.name, s.widget, value))
	kind := "Sig"
	if s.stamp {
		kind, s.subFilter = "DocTimeStamp", "ETSI.RFC3161"
	}
	const room = 5000
	gap := "<" + strings.Repeat("0", 2*room) + ">"
	const holes = "/ByteRange[                                   ]"
	objects[value] = fmt.Sprintf("<</Type/%s/Filter/Adobe.PPKLite/SubFilter/%s%s%s%s/Contents%s>>", kind, s.subFilter, s.rules.entries(), s.entries, holes, gap)
	if s.edit != nil {
		s.edit(objects)
	}
	s.update.objects = objects
	g = g.apply(s.update)
	start := bytes.LastIndex(g.data, []byte("/Contents"+gap)) + len("/Contents")
	end := start + len(gap)
	at := bytes.LastIndex(g.data[:start], []byte(holes))
	copy(g.data[at:], fmt.Sprintf("/ByteRange[0 %d %d %d", start, end, len(g.data)-end))
	digest := sha256.Sum256(slices.Concat(g.data[:start], g.data[end:]))
	var der []byte
	if s.stamp {
		der = timestamp(slices.Concat(g.data[:start], g.data[end:]))
	} else {
		signer := signing()
		signer.WithoutTime = s.subFilter == "ETSI.CAdES.detached"
		var err error
		if der, err = signer.Detached(digest[:]); err != nil {
			panic(err)
		}
	}
	if len(der) > room {
		panic(fmt.Sprintf("a CMS of %d bytes", len(der)))
	}
	copy(g.data[start+1:], fmt.Sprintf("%x", der))
	// Keep the current signature in the writer's own copy of the object.
	g.objects[value] = strings.Replace(g.objects[value], gap, string(g.data[start:end]), 1)
	g.objects[value] = strings.Replace(g.objects[value], holes, string(g.data[at:at+len(holes)]), 1)
	g.signed = append(g.signed, len(g.data))
	return g
}

// cosign signs with package pdfsig.
func (f *file) cosign(o pdfsig.Options) *file {
	data, err := f.signedByUs(o)
	if err != nil {
		panic(fmt.Sprintf("signing again: %v", err))
	}
	g := f.read(data)
	g.signed = append(g.signed, len(data))
	return g
}

func (f *file) signedByUs(o pdfsig.Options) ([]byte, error) {
	p, err := pdfsig.Prepare(bytes.NewReader(f.data), int64(len(f.data)), o)
	if err != nil {
		return nil, err
	}
	if err := p.Hash(crypto.SHA256); err != nil {
		return nil, err
	}
	statement := pdfsig.Statement{Name: "公的 個人", Time: signing().Time}
	if o.Visible != nil {
		space := p.Space()
		statement.Appearance = &pdfsig.Appearance{Width: space.Width / 3, Height: space.Height / 3, Content: fmt.Appendf(nil, "0 0 %.2f %.2f re f", space.Width/3, space.Height/3)}
	}
	u, err := p.Sign(statement, signing())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = u.WriteTo(&out)
	return out.Bytes(), err
}

const tsaConf = `[tsa]
default_tsa = t
[t]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
`

var (
	made atomic.Bool // whether the authority exists
)

var authority = sync.OnceValue(func() string {
	made.Store(true)
	dir, err := os.MkdirTemp("", "tsa")
	if err != nil {
		panic(err)
	}
	for name, content := range map[string]string{"tsa.conf": tsaConf, "serial": "01"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			panic(err)
		}
	}
	inDir(dir, "openssl req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -subj /CN=tsa -addext extendedKeyUsage=critical,timeStamping")
	return dir
})

func inDir(dir, command string) {
	words := strings.Fields(command)
	c := exec.Command(words[0], words[1:]...)
	c.Dir = dir
	if said, err := c.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("%s: %v: %s", command, err, said))
	}
}

// timestamp has openssl timestamp some bytes.
func timestamp(covered []byte) []byte {
	dir := authority()
	if err := os.WriteFile(filepath.Join(dir, "covered"), covered, 0o600); err != nil {
		panic(err)
	}
	inDir(dir, "openssl ts -query -data covered -sha256 -cert -out query")
	inDir(dir, "openssl ts -reply -config tsa.conf -section t -queryfile query -signer tsa.pem -inkey tsa.key -token_out -out token")
	token, err := os.ReadFile(filepath.Join(dir, "token"))
	if err != nil {
		panic(err)
	}
	return token
}

// TestMain removes the generator's temporary files.
func TestMain(m *testing.M) {
	status := m.Run()
	if made.Load() {
		os.RemoveAll(authority())
	}
	os.Exit(status)
}
