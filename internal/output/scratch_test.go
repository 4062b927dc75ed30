package output

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestScratch(t *testing.T) {
	dir := t.TempDir()
	s, err := NewScratch(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteString("content"); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(io.NewSectionReader(s, 0, 100)); err != nil || string(data) != "content" {
		t.Errorf("%q %v", data, err)
	}
	if info, err := s.Stat(); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others may read it: %v %v", info, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := NewScratch(filepath.Join(dir, "missing")); !errors.Is(err, ErrNoFolder) {
		t.Errorf("%v", err)
	}
}
