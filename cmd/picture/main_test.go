package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestPicturesAreCurrent: the READMEs show what the program writes today.
func TestPicturesAreCurrent(t *testing.T) {
	published, err := filepath.Abs("../../.github")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir()) // draw leaves it
	fresh := t.TempDir()
	if err := draw(fresh); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"demo.svg", "demo.en.svg"} {
		want, err := os.ReadFile(filepath.Join(fresh, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(published, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is of another day: go run ./cmd/picture .github", name)
		}
	}
}
