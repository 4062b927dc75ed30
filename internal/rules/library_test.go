package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// forbidden is what a library must not use: its caller gives it the time and
// the settings, and decides what is printed. The keys are import paths, the
// values are names in them; no names stand for the whole package.
var forbidden = map[string][]string{
	"time":      {"Now", "Since", "Until"},
	"os":        {"Getenv", "LookupEnv", "Environ", "ExpandEnv", "Stdin", "Stdout", "Stderr", "Args", "Exit"},
	"fmt":       {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"log":       nil,
	"flag":      nil,
	"net/http":  nil,
	"os/exec":   nil,
	"os/signal": nil,
}

// TestLibrariesKeepQuiet shows that no source file below pkg, for any system,
// uses what is forbidden to a library.
func TestLibrariesKeepQuiet(t *testing.T) {
	files := 0
	root := filepath.Join("..", "..", "pkg")
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files++
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, found := range loud(file) {
			t.Errorf("%v: a library must not use %s", positions.Position(found.at), found.what)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("%d files under %s: not all of it", files, root)
	}
}

type finding struct {
	at   token.Pos
	what string
}

// loud finds what is forbidden in a file.
func loud(file *ast.File) (found []finding) {
	names := map[string]string{} // what the file calls an import
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		bad, known := forbidden[path]
		if known && bad == nil || path == "C" {
			found = append(found, finding{spec.Pos(), path})
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if !ok {
				break
			}
			for _, bad := range forbidden[names[x.Name]] {
				if n.Sel.Name == bad {
					found = append(found, finding{n.Pos(), names[x.Name] + "." + bad})
				}
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

func TestLoud(t *testing.T) {
	const source = `package p
import ("fmt"; clock "time"; "log")
func f(time interface{ Now() }) { fmt.Sprint(); time.Now(); clock.Now(); fmt.Println(); print() }`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range loud(file) {
		got = append(got, f.what)
	}
	if want := "log time.Now fmt.Println print"; strings.Join(got, " ") != want {
		t.Errorf("found %q, want %q", got, want)
	}
}
