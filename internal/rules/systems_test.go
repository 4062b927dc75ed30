package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ofOneFamily matches words for things that only some systems have.
var ofOneFamily = regexp.MustCompile(`\b(chmod|apt|dnf|pacman|brew|systemctl|sudo|pcscd|polkit|libccid|HOME|XDG_\w+|icacls|services\.msc|LocalAppData|launchctl)\b|/etc/|/run/|~/`)

// namesSystems are the places whose text names the system beside such words
// (topics of the help, texts of commands), or whose code chooses by system
// (checks of doctor).
var namesSystems = []string{
	"internal/cli/help", "internal/cli/completion.go", "internal/logincmd/ssh.go", "internal/logincmd/pkcs11", "internal/doctor/",
}

// TestAdviceBySystem shows that words for things of some systems stand only in
// texts that are chosen by system.
func TestAdviceBySystem(t *testing.T) {
	found := 0
	eachFile(t, func(name string, file *ast.File, positions *token.FileSet) {
		if slices.ContainsFunc(namesSystems, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return
		}
		chosen, free := bySystem(file)
		found += len(chosen)
		for _, at := range uses(file, "InstallPCSC") {
			t.Errorf("%s: the advice for Linux is given on every system", positions.Position(at))
		}
		for _, x := range free {
			if name == "internal/terms/terms.go" && x.en == installPCSC {
				continue
			}
			t.Errorf("%s: %q is for every system", positions.Position(x.at), x.en)
		}
	})
	if found < 8 {
		t.Errorf("%d texts by system: this test sees too little", found)
	}
}

// installPCSC is the beginning of the advice for Linux in packages explain and
// doctor.
const installPCSC = "Debian/Ubuntu: sudo apt install pcscd libccid. Fedora: sudo dnf install pcsc-lite pcsc-lite-ccid. Arch Linux: sudo pacman -S pcsclite ccid."

// bySystem finds the texts with words of one family, in tables by system and
// outside.
func bySystem(file *ast.File) (chosen, free []text) {
	inside := map[token.Pos]bool{}
	eachTable(file, func(table *ast.CompositeLit) {
		for _, one := range textsUnder(table) {
			inside[one.at] = true
		}
	})
	for _, one := range textsUnder(file) {
		switch {
		case !ofOneFamily.MatchString(one.ja) && !ofOneFamily.MatchString(one.en):
		case inside[one.at]:
			chosen = append(chosen, one)
		default:
			free = append(free, one)
		}
	}
	return chosen, free
}

// uses finds the places that take a shared text outside the tables by system.
func uses(file *ast.File, name string) (found []token.Pos) {
	inside := map[token.Pos]bool{}
	selectors := func(under ast.Node, see func(token.Pos)) {
		ast.Inspect(under, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok && x.Sel.Name == name {
				see(x.Pos())
			}
			return true
		})
	}
	eachTable(file, func(table *ast.CompositeLit) {
		selectors(table, func(at token.Pos) { inside[at] = true })
	})
	selectors(file, func(at token.Pos) {
		if !inside[at] {
			found = append(found, at)
		}
	})
	return found
}

func eachTable(file *ast.File, look func(*ast.CompositeLit)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if table, ok := n.(*ast.CompositeLit); ok && isTable(table.Type) {
			look(table)
		}
		return true
	})
}

func isTable(kind ast.Expr) bool {
	switch kind := kind.(type) {
	case *ast.Ident:
		return kind.Name == "Advice" || kind.Name == "system"
	case *ast.SelectorExpr:
		return kind.Sel.Name == "Advice"
	}
	return false
}

// TestBySystem shows that bySystem and uses find texts inside and outside
// tables by system.
func TestBySystem(t *testing.T) {
	const source = `package p
var a = Advice{Windows: text{JA: "あicacls", EN: "icacls"}, Other: text{JA: "あchmod", EN: "chmod"}}
var b = text{JA: "あchmod", EN: "run it"}
var c = text{JA: "あ", EN: "sudo apt install x"}
var d = text{JA: "あ", EN: "adapt"}
var e = Advice{Other: terms.InstallPCSC}
var f = terms.InstallPCSC`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	chosen, free := bySystem(file)
	var names []string
	for _, x := range free {
		names = append(names, x.en)
	}
	if got := fmt.Sprint(len(chosen), names, len(uses(file, "InstallPCSC"))); got != "2 [run it sudo apt install x] 1" {
		t.Error(got)
	}
}
