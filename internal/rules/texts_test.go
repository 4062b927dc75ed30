package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// TestTexts reads every text for people in the source. Japanese ones must have
// kana or kanji and English ones must not, and each must have both languages
// and the same verbs.
func TestTexts(t *testing.T) {
	texts := 0
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			positions := token.NewFileSet()
			file, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, text := range textsUnder(file) {
				texts++
				if problem := text.problem(); problem != "" {
					t.Errorf("%v: %s: %q, %q", positions.Position(text.at), problem, text.ja, text.en)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if texts < 500 {
		t.Errorf("%d texts were found: not all of them", texts)
	}
}

// text is a text in both languages, as the source has it.
type text struct {
	at     token.Pos
	ja, en string
}

// verb is a format verb of package fmt.
var verb = regexp.MustCompile(`%[-+# 0-9.\[\]]*[a-zA-Z%]`)

// problem describes what is wrong with a text, "" if nothing is.
func (t text) problem() string {
	japanese := func(r rune) bool {
		return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) || 0x3000 <= r && r <= 0x303F || 0xFF00 <= r && r <= 0xFFEF
	}
	words := strings.ContainsFunc(verb.ReplaceAllString(t.ja, ""), unicode.IsLetter)
	switch {
	case strings.ContainsFunc(t.en, japanese):
		return "Japanese in the English text"
	case words && t.ja != t.en && !strings.ContainsFunc(t.ja, japanese):
		return "no Japanese in the Japanese text"
	case (strings.TrimSpace(t.ja) == "") != (strings.TrimSpace(t.en) == ""):
		return "one of the languages is empty"
	}
	return ""
}

// textsUnder finds the composite literals with the two languages. It skips
// texts that are not constants.
func textsUnder(node ast.Node) (texts []text) {
	ast.Inspect(node, func(n ast.Node) bool {
		literal, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		sides := map[string]string{}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok {
				if key, ok := pair.Key.(*ast.Ident); ok && (key.Name == "JA" || key.Name == "EN") {
					if s, ok := constant(pair.Value); ok {
						sides[key.Name] = s
					}
				}
			}
		}
		if len(sides) == 2 {
			texts = append(texts, text{literal.Pos(), sides["JA"], sides["EN"]})
		}
		return true
	})
	return texts
}

// constant is the value of string literals and sums of them.
func constant(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, okX := constant(e.X)
		y, okY := constant(e.Y)
		return x + y, okX && okY && e.Op == token.ADD
	}
	return "", false
}

func TestTextProblem(t *testing.T) {
	for _, c := range []struct {
		ja, en string
		good   bool
	}{
		{"署名", "sign", true},
		{"%s、%s", "%s, %s", true},
		{"%[1]s", "%d", true},
		{"OK", "OK", true},
		{"", "", true},
		{"JPKI", "JPKI sign", false},
		{"sign %s", "sign: %s", false},
		{"署名", "the 署名", false},
		{"署名", "sign。", false},
		{"署名", "「sign」", false},
		{"署名", "", false},
		{"", "sign", false},
	} {
		if got := (text{0, c.ja, c.en}).problem(); (got == "") != c.good {
			t.Errorf("%q, %q: %q", c.ja, c.en, got)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p\nvar a, b = T{JA: `あ` + \"い\", EN: \"a\"}, T{JA: f(), EN: \"b\"}", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := textsUnder(file); len(got) != 1 || got[0].ja != "あい" || got[0].en != "a" {
		t.Errorf("found %+v", got)
	}
}
