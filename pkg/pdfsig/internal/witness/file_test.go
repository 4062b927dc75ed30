//go:build foreign

package witness

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// structure is the kind of cross-references in a file.
type structure string

const (
	table      structure = "table"
	stream     structure = "stream"
	packed     structure = "packed" // a cross-reference stream, and objects in object streams
	hybrid     structure = "hybrid"
	linearized structure = "linearized" // with tables
)

var structures = []structure{table, stream, packed, hybrid, linearized}

// file is a PDF that grows by updates. Its writer records everything that it
// writes, and reads back only the output of other programs.
type file struct {
	data      []byte
	structure structure
	objects   map[int]string // the newest body of each
	roles     map[string]int // object numbers by role
	section   int            // offset of the newest cross-reference section
	size      int
	trailer   string // entries that each trailer has: Info, ID
	signed    []int  // ends of the signed revisions
}

func (f *file) clone() *file {
	g := *f
	g.data = slices.Clone(f.data)
	g.objects = map[int]string{}
	for n, o := range f.objects {
		g.objects[n] = o
	}
	g.signed = slices.Clone(f.signed)
	return &g
}

// body returns the newest body of the object with this role, or "".
func (f *file) body(role string) string { return f.objects[f.roles[role]] }

var roleName = regexp.MustCompile(`\{(#?)([a-z0-9-]+)\}`)

// fill replaces {role} by a reference and {#role} by an object number.
func (f *file) fill(body string) string {
	return roleName.ReplaceAllStringFunc(body, func(s string) string {
		m := roleName.FindStringSubmatch(s)
		n, ok := f.roles[m[2]]
		if !ok {
			panic("no object is the " + m[2])
		}
		if m[1] != "" {
			return strconv.Itoa(n)
		}
		return fmt.Sprintf("%d 0 R", n)
	})
}

func streamOf(dict, data string) string {
	return fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
}

func deflate(data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write([]byte(data))
	w.Close()
	return b.String()
}

func isStream(body string) bool { return strings.Contains(body, "endstream") }

// with adds entries at the end of a dictionary.
func with(body, entries string) string {
	if i := strings.Index(body, "stream\n"); i >= 0 && isStream(body) {
		end := strings.LastIndex(body[:i], ">>")
		return body[:end] + entries + body[end:]
	}
	end := strings.LastIndex(body, ">>")
	return body[:end] + entries + body[end:]
}

// without removes an entry with a simple value from a dictionary.
func without(body, key string) string {
	return regexp.MustCompile(`/`+key+`\s*(\d+ \d+ R|\{[a-z0-9-]+\}|\[[^\]]*\]|/\w+|\([^)]*\)|true|false|-?[\d.]+|<<[^<>]*>>)`).ReplaceAllString(body, "")
}

// into adds an element at the end of an array in a dictionary. It makes the
// array if it is missing.
func into(body, key, element string) string {
	at := regexp.MustCompile(`/` + key + `\s*\[[^\]]*`).FindStringIndex(body)
	if at == nil {
		return with(body, "/"+key+"["+element+"]")
	}
	return body[:at[1]] + " " + element + body[at[1]:]
}

// update is a revision to be appended. It is exact unless a field makes it
// inexact or puts bytes into a gap.
type update struct {
	objects map[int]string
	free    []int  // numbers to be freed
	order   []int  // order of the objects in the file; nil means ascending
	trailer string // further entries
	root    string // "" keeps the catalog
	noRoot  bool

	generations map[int]int
	packed      bool // use an object stream where allowed,
	from        int  // beginning with this object number

	glued bool // no line end before the first object, if the file ends without one

	// Bytes in the gaps.
	before     string                   // before the first object
	between    string                   // between objects, and after the last
	inTrailer  string                   // after the trailer
	inStart    string                   // between startxref and its number
	behind     string                   // after the number
	lastGap    string                   // between the last object and the section
	end        func(section int) string // replaces everything from startxref on
	tail       string                   // after %%EOF; "" means a line end
	noEOL      bool                     // nothing after %%EOF
	objectEdit func(n int, written string) string

	// Errors added to numbers.
	start, prev, early int
	edit               func(*section) // changes the cross-reference section
	entry              string         // format of an entry in use
	noSize             bool
	xrefGap            string // before the section; startxref points to the gap
}

// section is a cross-reference section before it is written.
type section struct {
	rows    []row
	size    int
	prev    int // 0 if there is none
	w       [3]int
	index   func(runs [][2]int) string // Index of a stream; nil writes the correct one
	runs    func(runs [][2]int) [][2]int
	trailer string
	xrefStm int
	number  int    // object number of the stream
	plain   bool   // the stream is not compressed
	behind  string // extra data in the stream
	length  int    // error added to Length
	widths  string // text of W; "" writes w
	encode  func(data string) (encoded, entries string)
}

type row struct{ number, kind, a, b int } // as in a cross-reference stream

func (s *section) ranges() (runs [][2]int) {
	slices.SortStableFunc(s.rows, func(a, b row) int { return a.number - b.number })
	for _, r := range s.rows {
		if last := len(runs) - 1; last >= 0 && runs[last][0]+runs[last][1] == r.number {
			runs[last][1]++
			continue
		}
		runs = append(runs, [2]int{r.number, 1})
	}
	if s.runs != nil {
		runs = s.runs(runs)
	}
	return runs
}

func (s *section) writeTable(b *bytes.Buffer, entry string) {
	if entry == "" {
		entry = "%010d %05d n \n"
	}
	rows := append([]row(nil), s.rows...)
	s.rows = rows
	runs := s.ranges()
	b.WriteString("xref\n")
	if len(runs) == 0 {
		b.WriteString("0 0\n")
	}
	i := 0
	for _, run := range runs {
		fmt.Fprintf(b, "%d %d\n", run[0], run[1])
		for j := 0; j < run[1] && i < len(s.rows); j++ {
			r := s.rows[i]
			i++
			if r.kind == 0 {
				fmt.Fprintf(b, "%010d %05d f \n", r.a, r.b)
			} else {
				fmt.Fprintf(b, entry, r.a, r.b)
			}
		}
	}
	fmt.Fprintf(b, "trailer\n<<")
	s.writeKeys(b)
	b.WriteString(">>\n")
}

func (s *section) writeKeys(b *bytes.Buffer) {
	if s.size >= 0 {
		fmt.Fprintf(b, "/Size %d", s.size)
	}
	if s.prev != 0 {
		fmt.Fprintf(b, "/Prev %d", s.prev)
	}
	if s.xrefStm != 0 {
		fmt.Fprintf(b, "/XRefStm %d", s.xrefStm)
	}
	b.WriteString(s.trailer)
}

func (s *section) writeStream(b *bytes.Buffer) {
	if s.w == [3]int{} {
		s.w = [3]int{1, 4, 2}
	}
	runs := s.ranges()
	var data strings.Builder
	for _, r := range s.rows {
		for i, v := range []int{r.kind, r.a, r.b} {
			for k := s.w[i] - 1; k >= 0; k-- {
				data.WriteByte(byte(v >> (8 * k)))
			}
		}
	}
	data.WriteString(s.behind)
	var keys bytes.Buffer
	s.writeKeys(&keys)
	index := ""
	for _, run := range runs {
		index += fmt.Sprintf("%d %d ", run[0], run[1])
	}
	index = strings.TrimSuffix(index, " ")
	if s.index != nil {
		index = s.index(runs)
	}
	if index != "" {
		index = "/Index[" + index + "]"
	}
	content, filter := data.String(), ""
	if s.encode != nil {
		content, filter = s.encode(content)
	} else if !s.plain {
		content, filter = deflate(content), "/Filter/FlateDecode"
	}
	widths := s.widths
	if widths == "" {
		widths = fmt.Sprintf("[%d %d %d]", s.w[0], s.w[1], s.w[2])
	}
	fmt.Fprintf(b, "%d 0 obj\n<</Type/XRef/W%s%s%s%s/Length %d>>\nstream\n%s\nendstream\nendobj\n",
		s.number, widths, index, keys.String(), filter, len(content)+s.length, content)
}

// apply appends an update.
func (f *file) apply(u update) *file {
	g := f.clone()
	b := bytes.NewBuffer(g.data)
	if len(g.data) > 0 && g.data[len(g.data)-1] != '\n' && !u.glued {
		b.WriteByte('\n')
	}
	b.WriteString(u.before)
	order := u.order
	if order == nil {
		for n := range u.objects {
			order = append(order, n)
		}
		slices.Sort(order)
	}
	size := g.size
	for _, n := range order {
		size = max(size, n+1)
		g.objects[n] = u.objects[n]
	}
	s := section{prev: g.section + u.prev, trailer: g.trailer + u.trailer}
	if !u.noRoot {
		root := u.root
		if root == "" {
			root = g.fill("{catalog}")
		}
		s.trailer = "/Root " + root + s.trailer
	}
	for _, n := range u.free {
		s.rows = append(s.rows, row{n, 0, 0, u.generations[n] + 1})
	}
	streams := g.structure == stream || g.structure == packed
	var inside []int
	for _, n := range order {
		if u.packed && n >= u.from && !isStream(u.objects[n]) && u.generations[n] == 0 {
			inside = append(inside, n)
			continue
		}
		s.rows = append(s.rows, row{n, 1, b.Len() - u.early, u.generations[n]})
		written := fmt.Sprintf("%d %d obj\n%s\nendobj\n", n, u.generations[n], u.objects[n])
		if u.objectEdit != nil {
			written = u.objectEdit(n, written)
		}
		b.WriteString(written + u.between)
	}
	var hidden []row
	if len(inside) > 0 {
		holder := size
		size++
		var rows []row
		var head, bodies strings.Builder
		for i, n := range inside {
			fmt.Fprintf(&head, "%d %d ", n, bodies.Len())
			bodies.WriteString(u.objects[n] + "\n")
			rows = append(rows, row{n, 2, holder, i})
		}
		holderRow := row{holder, 1, b.Len(), 0}
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", holder, streamOf(fmt.Sprintf("/Type/ObjStm/N %d/First %d", len(inside), head.Len()), head.String()+bodies.String()))
		if streams {
			s.rows = append(s.rows, append(rows, holderRow)...)
		} else {
			hidden = append(rows, holderRow)
		}
	}
	if hidden != nil { // a hybrid section
		x := section{rows: hidden, number: size}
		size++
		x.size = size
		s.xrefStm = b.Len()
		x.rows = append(x.rows, row{x.number, 1, b.Len(), 0})
		x.writeStream(b)
		s.rows = append(s.rows, row{x.number, 1, s.xrefStm, 0})
	}
	if streams {
		s.number = size
		size++
	}
	if s.size = size; u.noSize {
		s.size = -1
	}
	b.WriteString(u.lastGap)
	at := b.Len()
	b.WriteString(u.xrefGap)
	if streams {
		s.rows = append(s.rows, row{s.number, 1, b.Len(), 0})
	} else if len(s.rows) == 0 {
		s.rows = append(s.rows, row{0, 0, 0, 65535})
	}
	if u.edit != nil {
		u.edit(&s)
	}
	if streams {
		s.writeStream(b)
	} else {
		s.writeTable(b, u.entry)
	}
	if g.section, g.size = at, size; s.size < size+100 {
		g.size = max(size, s.size) // the section's own Size may be larger
	}
	tail := u.tail
	if tail == "" && !u.noEOL {
		tail = "\n"
	}
	if b.WriteString(u.inTrailer); u.end != nil {
		b.WriteString(u.end(at))
	} else {
		fmt.Fprintf(b, "startxref\n%s%d%s\n%%%%EOF", u.inStart, max(0, at+u.start), u.behind)
	}
	b.WriteString(tail)
	g.data = b.Bytes()
	return g
}

// visible are the first objects of each layout. The table of a hybrid file
// lists them.
var visible = []string{"catalog", "pages", "page", "content"}

// create writes a file with one section.
func create(s structure, objects map[int]string, roles map[string]int, trailer, leading string, u update) *file {
	f := &file{data: []byte(leading + "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), structure: s, objects: map[int]string{}, roles: roles, trailer: trailer, size: 1}
	if s == linearized {
		f.structure = table
	}
	u.objects = map[int]string{}
	for n, o := range objects {
		u.objects[n] = f.fill(o)
	}
	if u.packed = s == packed || s == hybrid; s == hybrid {
		u.from = len(visible) + 1 // a reader without stream support finds the page
	}
	first := u.edit
	u.edit = func(x *section) {
		x.prev = 0
		have := map[int]bool{0: true}
		for _, r := range x.rows {
			have[r.number] = true
		}
		x.rows = append(x.rows, row{0, 0, 0, 65535})
		have[0] = true
		if s != hybrid {
			for n := range x.size {
				if !have[n] {
					x.rows = append(x.rows, row{n, 0, 0, 65535})
				}
			}
		}
		if first != nil {
			first(x)
		}
	}
	return f.apply(u)
}

var (
	writtenObject = regexp.MustCompile(`(?s)(?:^|[\r\n])(\d+) 0 obj\s(.*?)\s?endobj`)
	startOf       = regexp.MustCompile(`startxref\s+(\d+)`)
	sizeOf        = regexp.MustCompile(`/Size (\d+)`)
	roleOf        = regexp.MustCompile(`/ZzRole\s*/([a-z0-9-]+)`)
)

// read takes over the uncompressed output of another program. The entry ZzRole
// of a dictionary gives the role of the object.
func (f *file) read(data []byte) *file {
	g := f.clone()
	g.data = data
	for _, m := range writtenObject.FindAllSubmatch(data, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		g.objects[n] = string(m[2])
	}
	all := startOf.FindAllSubmatch(data, -1)
	g.section, _ = strconv.Atoi(string(all[len(all)-1][1]))
	for _, m := range sizeOf.FindAllSubmatch(data, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		g.size = max(g.size, n)
	}
	return g
}
