package xmlsig

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"
)

// TestRefused shows which documents are refused, and that the error points at
// the place.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, in     string
		line, column int
	}{
		{"nothing", "", 1, 1},
		{"white space", " \n", 2, 1},
		{"text only", "x", 1, 1},
		{"no end", "<a>\n<b>", 2, 4},
		{"end inside a tag", "<a\n b='1'", 1, 1},
		{"wrong end", "<a>\n</b>", 2, 1},
		{"end too many", "<a/></a>", 1, 5},
		{"two roots", "<a/>\n<b/>", 2, 1},
		{"text behind", "<a/>\nx", 2, 1},
		{"document type", "<?xml version='1.0'?>\n<!DOCTYPE a>\n<a/>", 2, 1},
		{"unknown entity", "<a>\nあ&nbsp;</a>", 2, 2},
		{"bare ampersand", "<a>x & y</a>", 1, 6},
		{"forbidden reference", "<a>&#0;</a>", 1, 4},
		{"surrogate reference", "<a>&#xD800;</a>", 1, 4},
		{"signed reference", "<a>&#+65;</a>", 1, 4},
		{"reference beyond Unicode", "<a>&#x110000;</a>", 1, 4},
		{"< in attribute", "<a b='<'/>", 1, 7},
		{"attribute twice", "<a b='1'\n b='2'/>", 2, 2},
		{"attribute twice by namespace", "<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", 1, 44},
		{"declared twice", "<a xmlns:p='urn:x' xmlns:p='urn:x'/>", 1, 20},
		{"undeclared prefix", "<p:a/>", 1, 1},
		{"undeclared attribute prefix", "<a p:b=''/>", 1, 4},
		{"undeclaring a prefix", "<a xmlns:p=''/>", 1, 4},
		{"xmlns declared", "<a xmlns:xmlns='urn:x'/>", 1, 4},
		{"xml as another", "<a xmlns:xml='urn:x'/>", 1, 4},
		{"another as xml", "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", 1, 4},
		{"two colons", "<a:b:c xmlns:a='urn:x'/>", 1, 5},
		{"colon in front", "<:a/>", 1, 2},
		{"digit in front", "<1a/>", 1, 2},
		{"no quotes", "<a b=1/>", 1, 6},
		{"no value", "<a b/>", 1, 5},
		{"no space between", "<a b='1'c='2'/>", 1, 9},
		{"]]> in text", "<a>]]></a>", 1, 4},
		{"-- in comment", "<a><!-- -- --></a>", 1, 9},
		{"comment without end", "<a><!-- -", 1, 4},
		{"CDATA outside", "<![CDATA[]]><a/>", 1, 1},
		{"CDATA without end", "<a><![CDATA[]]</a>", 1, 4},
		{"instruction called xml", "<a><?XML x?></a>", 1, 4},
		{"late declaration", " <?xml version='1.0'?><a/>", 1, 2},
		{"instruction without target", "<a><? x?></a>", 1, 6},
		{"instruction that overlaps itself", "<?>", 1, 1},
		{"instruction without end", "<a><?x ></a>", 1, 4},
		{"control character", "<a>\n\x01</a>", 2, 1},
		{"U+FFFE", "<a>\uFFFE</a>", 1, 4},
		{"not UTF-8", "<a>あ\xE3\x81</a>", 1, 5},
		{"overlong UTF-8", "<a>\xC0\x80</a>", 1, 4},
		{"UTF-8 surrogate", "<a>\xED\xA0\x80</a>", 1, 4},
		{"XML 1.1", "<?xml version='1.1'?><a/>", 1, 1},
		{"declaration without version", "<?xml encoding='UTF-8'?><a/>", 1, 1},
		{"declaration out of order", "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", 1, 1},
		{"standalone", "<?xml version='1.0' standalone='maybe'?><a/>", 1, 1},
		{"empty standalone", "<?xml version='1.0' standalone=''?><a/>", 1, 1},
		{"empty encoding", "<?xml version='1.0' encoding=\"\"?><a/>", 1, 1},
		{"unknown encoding", "<?xml version='1.0' encoding='ISO-2022-JP'?><a/>", 0, 0},
		{"false UTF-16", "<?xml version='1.0' encoding='UTF-16'?><a/>", 0, 0},
		{"mark and declaration differ", "\ufeff<?xml version='1.0' encoding='Shift_JIS'?><a/>", 0, 0},
		{"CR ends a line", "<a>\r\n\r\n\r<b></a>", 4, 4},
		{"markup", "<a><!ELEMENT a></a>", 1, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.in))
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse: %v", err)
			}
			if syntax.Line != test.line || syntax.Column != test.column {
				t.Errorf("%v, want it at %d:%d", syntax, test.line, test.column)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		limit, in string
		limits    Limits
	}{
		{"Size", "<a>......</a>", Limits{Size: 12}},
		{"Depth", strings.Repeat("<a>", 11) + strings.Repeat("</a>", 11), Limits{Depth: 10}},
		{"Depth", strings.Repeat("<a>", 1001) + strings.Repeat("</a>", 1001), Limits{}},
		{"Attributes", "<a b='' c='' xmlns:d='urn:d'/>", Limits{Attributes: 2}},
		{"Namespaces", "<a xmlns:d='urn:d'><b xmlns:e='urn:e'><c xmlns:f='urn:f'/></b></a>", Limits{Namespaces: 2}},
		{"Signatures", "<a>" + strings.Repeat("<Signature xmlns='"+nsDSig+"'/>", 4) + "</a>", Limits{Signatures: 3}},
	} {
		_, err := test.limits.Parse([]byte(test.in))
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Limit != test.limit {
			t.Errorf("%s: %v", test.limit, err)
		}
	}
}

// TestBillionLaughs shows that entity expansion is refused at the document type
// declaration.
func TestBillionLaughs(t *testing.T) {
	var b strings.Builder
	b.WriteString("<?xml version='1.0'?>\n<!DOCTYPE lolz [<!ENTITY lol0 'lol'>")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "<!ENTITY lol%d '%s'>", i, strings.Repeat(fmt.Sprintf("&lol%d;", i-1), 10))
	}
	b.WriteString("]><lolz>&lol9;</lolz>")
	begin := time.Now()
	_, err := Parse([]byte(b.String()))
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Line != 2 || syntax.Column != 1 {
		t.Errorf("Parse: %v", err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("took %v", took)
	}
}

// encoded returns text in an encoding, with a declaration that names it.
func encoded(t testing.TB, text string, enc Encoding, mark bool) []byte {
	t.Helper()
	name := string(enc)
	if mark && enc != UTF8 {
		name = "UTF-16"
	}
	text = "<?xml version=\"1.0\" encoding=\"" + name + "\"?>" + text
	var out []byte
	var err error
	switch enc {
	case UTF8:
		out = []byte(text)
		if mark {
			out = append(bytes.Clone(bomUTF8), out...)
		}
	case UTF16LE, UTF16BE:
		if mark {
			text = "\ufeff" + text
		}
		for _, r := range text {
			units := []rune{r}
			if r >= 0x10000 {
				units = []rune{0xD800 + (r-0x10000)>>10, 0xDC00 + (r-0x10000)&0x3FF}
			}
			for _, u := range units {
				if enc == UTF16LE {
					out = append(out, byte(u), byte(u>>8))
				} else {
					out = append(out, byte(u>>8), byte(u))
				}
			}
		}
	case ShiftJIS, Windows31J:
		out, err = japanese.ShiftJIS.NewEncoder().Bytes([]byte(text))
	case EUCJP:
		out, err = japanese.EUCJP.NewEncoder().Bytes([]byte(text))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var encodings = []struct {
	enc  Encoding
	mark bool
}{{UTF8, false}, {UTF8, true}, {UTF16LE, false}, {UTF16LE, true}, {UTF16BE, false}, {UTF16BE, true}, {ShiftJIS, false}, {Windows31J, false}, {EUCJP, false}}

func TestEncodings(t *testing.T) {
	const text = "<申告 氏名='ｶﾅ・山田'>\r\n<項目 id='あ'>表予能ソ</項目>丂</申告>"
	for _, e := range encodings {
		in := text
		if e.enc == ShiftJIS || e.enc == Windows31J {
			in = strings.ReplaceAll(in, "丂", "亜") // JIS X 0212 has it only
		}
		want := "<申告 氏名=\"ｶﾅ・山田\">\n<項目 id=\"あ\">表予能ソ</項目>" + string([]rune(in)[len([]rune(in))-6]) + "</申告>"
		src := encoded(t, in, e.enc, e.mark)
		d, err := Parse(src)
		if err != nil {
			t.Errorf("%s: %v", e.enc, err)
			continue
		}
		if d.Encoding() != e.enc {
			t.Errorf("%s read as %s", e.enc, d.Encoding())
		}
		var out bytes.Buffer
		if err := (Canonicalizer{Method: C14N10}).Document(&out, d); err != nil || out.String() != want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", e.enc, err, out.String(), want)
		}
		el, err := d.ElementByID("あ")
		if err != nil {
			t.Errorf("%s: %v", e.enc, err)
			continue
		}
		start, end := el.Range()
		_, after, _ := bytes.Cut(encoded(t, "<項目 id='あ'>表予能ソ</項目>", e.enc, false), encoded(t, "", e.enc, false))
		if !bytes.Equal(src[start:end], after) {
			t.Errorf("%s: Range is % x", e.enc, src[start:end])
		}
		if line, column := el.Position(); line != 2 || column != 1 {
			t.Errorf("%s: Position %d:%d", e.enc, line, column)
		}
	}
}

// TestJISMapping shows that the characters on which Microsoft's table and JIS X
// 0208 differ are read according to the name of the encoding.
func TestJISMapping(t *testing.T) {
	for _, test := range []struct {
		enc             Encoding
		content, want   string
		ambiguousColumn int
	}{
		{ShiftJIS, "\x82\xA0\x81\x60\x81\x7c\x81\x5c\x81\x61\x81\x91\x81\x92\x81\xca", "あ〜−—‖¢£¬", 4 + 1},
		{Windows31J, "\x82\xA0\x81\x60\x81\x7c\x81\x5c\x81\x61\x81\x91\x81\x92\x81\xca\x87\x40\x5c", "あ～－―∥￠￡￢①\\", 0},
		{EUCJP, "\xa4\xa2\xa1\xc1\xa1\xdd\xa1\xbd\xa1\xc2\xa1\xf1\xa1\xf2\xa2\xcc", "あ〜−—‖¢£¬", 4 + 1},
		{EUCJP, "\\~", "\\~", 0},
		{ShiftJIS, "x\\~", "x\\~", 4 + 1},
		{ShiftJIS, "\x87\x40", "①", 4},
	} {
		head := "<?xml version='1.0' encoding='" + string(test.enc) + "'?>\n"
		d, err := Parse([]byte(head + "<a>" + test.content + "</a>"))
		if err != nil {
			t.Errorf("%s: %v", test.enc, err)
			continue
		}
		var out bytes.Buffer
		if err := (Canonicalizer{Method: C14N10}).Document(&out, d); err != nil || out.String() != "<a>"+test.want+"</a>" {
			t.Errorf("%s: %s, want %s (%v)", test.enc, out.String(), test.want, err)
		}
		column := 0
		if d.ambiguous >= 0 {
			_, column = position(d.text, d.ambiguous)
		}
		if column != test.ambiguousColumn {
			t.Errorf("%s %q: ambiguous at column %d, want %d", test.enc, test.want, column, test.ambiguousColumn)
		}
	}
}

func TestMalformedEncodings(t *testing.T) {
	for _, in := range []string{
		"\xff\xfe<\x00a\x00/\x00>",                // half a unit
		"\xff\xfe<\x00a\x00>\x00\x00\xd8<\x00",    // lone surrogate
		"\xfe\xff\x00<\x00a\x00>\xdc\x00\xd8\x00", // surrogates turned round
		"<?xml version='1.0' encoding='Shift_JIS'?><a>\x81</a>",
		"<?xml version='1.0' encoding='Shift_JIS'?><a>\xfd</a>",
		"<?xml version='1.0' encoding='Shift_JIS'?><a/>\x81",
		"<?xml version='1.0' encoding='EUC-JP'?><a>\x8f\xa1</a>",
		"<?xml version='1.0' encoding='EUC-JP'?><a>\xff</a>",
		"<?xml version='1.0' encoding='EUC-JP'?><a>\x80</a>",
	} {
		_, err := Parse([]byte(in))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestElementByID(t *testing.T) {
	d, err := Parse([]byte(`<a xmlns:x="urn:x"><b Id="1"/><b ID="2"/><b id="3"/><b xml:id="4"/><b x:Id="5" iD="5"/><b Id="6"/><c id="6"/><d id="7" ID="7"/></a>`))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]error{
		"1": nil, "2": nil, "3": nil, "4": nil, "7": nil,
		"5": ErrNoElement, "": ErrNoElement, "6": ErrDuplicateID,
	} {
		if _, err := d.ElementByID(id); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", id, err, want)
		}
	}
}
