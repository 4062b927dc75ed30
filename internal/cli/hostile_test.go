package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// judged is the part of the program that verify needs. The function it returns
// gives the code of the verdict against a file; "" means exit status 0.
func judged(t *testing.T, content ...string) func(path string) problem.Code {
	t.Helper()
	a := newApp(command.Config{
		Args: []string{"--lang=en"}, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC) },
	})
	e, err := a.Examiner(t.Context(), &judging.Options{Trust: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	find := &judging.Finder{IO: a.IO, Now: a.Env.Now, Content: content, Many: true}
	return func(path string) problem.Code {
		code := problem.Failed
		_, err := find.FindAll(context.Background(), judging.Named(path), func(f judging.FileFinding) error {
			code = e.JudgeFile(context.Background(), f, "").Code()
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return code
	}
}

// idOf is where an element that nothing refers to has its Id.
func idOf(element string) func(file []byte, at int) bool {
	return func(file []byte, at int) bool {
		from := bytes.Index(file, []byte(element+" ")) // with the namespace before or behind it
		from += bytes.Index(file[from:], []byte(` Id="`))
		return from <= at && at < from+bytes.IndexByte(file[from:], '>')
	}
}

// TestEveryByteOfASignedFile changes bytes of small signed files: a sample, or
// with JPKI_EVERY_BYTE each one. No changed file is good, except for changes in
// unsigned bytes that nothing depends on.
func TestEveryByteOfASignedFile(t *testing.T) {
	w := newWorld(t, "en")
	w.write("a.txt", "The content that is signed.\n")
	w.write("a.xml", xmlSample)
	w.write("a.pdf", samplePDF(t, w))
	for _, c := range []struct {
		sign, file string
		step       int
		free       func(file []byte, at int) bool
	}{
		{"a.txt", "a.txt.p7s", 3, nil},
		{"--attached a.txt", "a.txt.p7m", 11, nil},
		{"a.pdf", "a-signed.pdf", 23, nil},
		{"--format xades -o xades.xml a.xml", "xades.xml", 17, idOf("<ds:SignatureValue")},
		{"a.xml", "a-signed.xml", 17, idOf("<ds:Signature")},
	} {
		if exit, out := w.run("sign --card demo --pin-stdin "+c.sign, virtualcard.SignPIN+"\n"); exit != 0 {
			t.Fatal(out)
		}
		good, err := os.ReadFile(w.path(c.file))
		if err != nil {
			t.Fatal(err)
		}
		var content []string
		if c.file == "a.txt.p7s" {
			content = []string{w.path("a.txt")}
		}
		judge := judged(t, content...)
		if code := judge(w.path(c.file)); code != "" {
			t.Fatalf("%s, unchanged: %s", c.file, code)
		}
		step, workers := c.step, runtime.GOMAXPROCS(0)
		if os.Getenv("JPKI_EVERY_BYTE") != "" {
			step = 1
		}
		var wg sync.WaitGroup
		for n := range workers {
			wg.Go(func() {
				path := filepath.Join(w.dir, fmt.Sprintf("changed-%d", n))
				for i := n * step; i < len(good); i += workers * step {
					file := slices.Clone(good)
					file[i] ^= []byte{0x01, 0x80}[i/step/workers%2]
					if err := os.WriteFile(path, file, 0o600); err != nil {
						t.Error(err)
						return
					}
					if judge(path) == "" && (c.free == nil || !c.free(good, i)) {
						t.Errorf("%s: byte %d of %d changed, and all is good: %q", c.file, i, len(good), good[max(0, i-20):min(i+20, len(good))])
					}
				}
			})
		}
		wg.Wait()
	}
}
