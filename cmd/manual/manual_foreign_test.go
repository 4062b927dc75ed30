//go:build foreign

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesShow has the two programs that show man pages read every page:
// mandoc, which knows what is wrong with one, and man-db over groff, which is
// what most Linux systems have.
func TestPagesShow(t *testing.T) {
	folder := t.TempDir()
	if err := write(folder, test); err != nil {
		t.Fatal(err)
	}
	count := 0
	err := filepath.WalkDir(filepath.Join(folder, "man"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		if out, err := exec.Command("mandoc", "-T", "lint", "-W", "warning", path).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("mandoc: %v\n%s", err, out)
		}
		man := exec.Command("man", "--warnings", "-l", path)
		man.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MANPAGER=cat")
		var complaints strings.Builder
		man.Stderr = &complaints
		shown, err := man.Output()
		if err != nil {
			t.Errorf("man -l %s: %v", path, err)
		}
		for complaint := range strings.Lines(complaints.String()) {
			// A word can be wider than the page.
			if !strings.Contains(complaint, "can't break line") && !strings.Contains(complaint, "cannot adjust line") {
				t.Errorf("man -l %s: %s", path, complaint)
			}
		}
		name, _, _ := strings.Cut(filepath.Base(path), ".")
		first := strings.SplitN(string(shown), "\n", 5)
		if len(first) < 5 || !strings.Contains(first[0], strings.ToUpper(name)) || !strings.Contains(first[3], name+" - ") {
			t.Errorf("%s begins with %q", path, first)
		}
		// What apropos and whatis know.
		if out, err := exec.Command("lexgrog", path).CombinedOutput(); err != nil || !strings.Contains(string(out), name+" - ") {
			t.Errorf("lexgrog: %v\n%s", err, out)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 50 {
		t.Errorf("%d pages", count)
	}
}
