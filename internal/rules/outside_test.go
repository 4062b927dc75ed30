package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramOutside builds and runs a program in a module of its own, which
// has the libraries by their public names alone.
func TestProgramOutside(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod := read(t, "go.mod")
	mod = strings.Replace(mod, "module github.com/jpki-tools/jpki\n", "module example.test/outside\n", 1)
	mod += fmt.Sprintf("\nrequire github.com/jpki-tools/jpki v0.0.0\n\nreplace github.com/jpki-tools/jpki => %s\n", root)
	program, err := os.ReadFile(filepath.Join("testdata", "outside", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"go.mod": mod, "go.sum": read(t, "go.sum"), "main.go": string(program)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if want := "valid-revocation-unchecked デモ　太郎\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}
