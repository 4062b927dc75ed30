package output

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "made")
	ctx, cancel := context.WithCancel(t.Context())
	create := func() *Folder {
		t.Helper()
		f, err := CreateFolder(ctx, target)
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(ctx, filepath.Join(f.Temp, "a"), []byte("a"), Options{}); err != nil {
			t.Fatal(err)
		}
		return f
	}
	left := func() (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}

	create().Abort()
	if names := left(); len(names) != 0 {
		t.Errorf("after Abort: %v", names)
	}
	// What comes in between, even an empty folder, is not replaced.
	f := create()
	if err := os.Mkdir(target, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, ErrTaken) {
		t.Errorf("over a folder that came in between: %v", err)
	}
	if names := left(); len(names) != 1 || names[0] != "made" {
		t.Errorf("after a refused Commit: %v", names)
	}
	if _, err := CreateFolder(ctx, target); !errors.Is(err, ErrTaken) {
		t.Errorf("over a folder: %v", err)
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	f = create()
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Abort()
	if data, err := os.ReadFile(filepath.Join(target, "a")); err != nil || string(data) != "a" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := CreateFolder(ctx, ".."); !errors.Is(err, ErrBadName) {
		t.Errorf("..: %v", err)
	}
	if _, err := CreateFolder(ctx, filepath.Join(dir, "none", "x")); !errors.Is(err, ErrNoFolder) {
		t.Errorf("below no folder: %v", err)
	}
	target = filepath.Join(dir, "cancelled")
	f = create()
	cancel()
	if err := f.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if names := left(); len(names) != 1 {
		t.Errorf("after all: %v", names)
	}
}
