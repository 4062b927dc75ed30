package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// developers are the programs for developers. They may print on their own.
var developers = []string{"cmd/manual/", "cmd/picture/", "internal/stacktest/testdata/"}

// ways are the files that take the process's streams and make a ui.IO of them.
// No other file may name the streams.
var ways = []string{"internal/cli/cli.go", "internal/cli/root.go"}

// TestOnlyUISpeaks shows that all output goes through the ui.IO of the command,
// which knows the language, the colours and where notes go. Other code neither
// takes the process's streams nor prints.
func TestOnlyUISpeaks(t *testing.T) {
	files := eachFile(t, func(name string, file *ast.File, positions *token.FileSet) {
		if slices.Contains(ways, name) || strings.HasPrefix(name, "internal/ui/") || strings.HasPrefix(name, "internal/rules/testdata/") {
			return
		}
		for _, found := range speech(file) {
			t.Errorf("%v: %s speaks past internal/ui", positions.Position(found.at), found.what)
		}
	})
	if files < 100 {
		t.Errorf("%d files: not all of them", files)
	}
}

// speech finds calls that print to a stream of the process.
func speech(file *ast.File) (found []finding) {
	forbidden := map[string][]string{
		"fmt": {"Print", "Printf", "Println"},
		"os":  {"Stdout", "Stderr"},
		"log": {"Print", "Printf", "Println", "Fatal", "Fatalf", "Fatalln", "Panic", "Panicf", "Panicln", "Default"},
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && slices.Contains(forbidden[x.Name], n.Sel.Name) {
				found = append(found, finding{n.Pos(), x.Name + "." + n.Sel.Name})
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") {
				found = append(found, finding{n.Pos(), f.Name})
			}
		}
		return true
	})
	return found
}

// japaneseAlone lists Japanese text without English that is not output of the
// program: a whole file, or one word in a file.
var japaneseAlone = []struct{ file, word string }{
	{"internal/guide/topics.go", ""},            // words people search by, titles of sources
	{"internal/imprint/layout.go", ""},          // characters, and how they break
	{"internal/imprint/system.go", ""},          // names of fonts
	{"internal/ui/wrap.go", ""},                 // characters
	{"internal/signing/document.go", "署名"},      // the same, before the name is known
	{"internal/cli/guide.go", "jpki guide 引越し"}, // a command line
	{"internal/cli/completion.go", "ja\t日本語"},   // a language's own name
	{"internal/cli/demo.go", "日本語で表示するには: jpki demo --lang ja (いつもなら環境変数 JPKI_LANG=ja)"}, // how to get the other language
}

// TestJapaneseHasItsEnglish shows that every Japanese string literal of the
// program has its English beside it.
func TestJapaneseHasItsEnglish(t *testing.T) {
	needed := map[int]bool{}
	eachFile(t, func(name string, file *ast.File, positions *token.FileSet) {
		for _, found := range lonelyJapanese(file) {
			i := slices.IndexFunc(japaneseAlone, func(x struct{ file, word string }) bool {
				return x.file == name && (x.word == "" || x.word == found.what)
			})
			if needed[i] = true; i < 0 {
				t.Errorf("%v: %q has no English beside it", positions.Position(found.at), found.what)
			}
		}
	})
	for i, x := range japaneseAlone {
		if !needed[i] {
			t.Errorf("%s %s needs no exception any more", x.file, x.word)
		}
	}
}

// TestRulesOfSpeech shows that speech and lonelyJapanese find violations in a
// source made for it.
func TestRulesOfSpeech(t *testing.T) {
	const source = `package p
import ("fmt"; "io"; "log"; "os")
func f(w io.Writer) {
	fmt.Fprintln(w, "fine"); fmt.Println("x"); log.Fatal("x"); println("x"); os.Stderr.WriteString("x")
	say(text{JA: "よい", EN: "fine"}, []text{{JA: "よ" + "い", EN: "fine"}}, "だめ", text{JA: "だめ"})
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range append(speech(file), lonelyJapanese(file)...) {
		got = append(got, f.what)
	}
	if want := "fmt.Println log.Fatal println os.Stderr だめ だめ"; strings.Join(got, " ") != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

// lonelyJapanese finds Japanese in string literals outside what has both
// languages: a literal with JA and EN.
func lonelyJapanese(file *ast.File) (found []finding) {
	var inText []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			sides := 0
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := pair.Key.(*ast.Ident); ok && (key.Name == "JA" || key.Name == "EN") {
						sides++
					}
				}
			}
			if sides == 2 {
				inText = append(inText, n)
			}
		case *ast.BasicLit:
			inside := slices.ContainsFunc(inText, func(text ast.Node) bool { return text.Pos() <= n.Pos() && n.End() <= text.End() })
			if s, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && !inside && strings.ContainsFunc(s, japaneseWord) {
				found = append(found, finding{n.Pos(), s})
			}
		}
		return true
	})
	return found
}

func japaneseWord(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }

// eachFile shows every file of the program's own source.
func eachFile(t *testing.T, look func(name string, file *ast.File, positions *token.FileSet)) (files int) {
	t.Helper()
	for _, root := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, _ fs.DirEntry, err error) error {
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../")
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") ||
				slices.ContainsFunc(developers, func(p string) bool { return strings.HasPrefix(name, p) }) {
				return err
			}
			files++
			positions := token.NewFileSet()
			file, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
			if err == nil {
				look(name, file, positions)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
