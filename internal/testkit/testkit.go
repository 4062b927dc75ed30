// Package testkit has helpers for the tests of several packages. The program
// does not import it.
package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Must ends a test that cannot go on after err.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Write writes a file, and makes the folders above it.
func Write(t testing.TB, path, content string) {
	t.Helper()
	Must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	Must(t, os.WriteFile(path, []byte(content), 0o600))
}
