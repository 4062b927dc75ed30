package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestNoPINLeaves runs every command that takes a PIN, under trace, in both
// languages, right and wrong, and looks for the PINs in everything that was
// printed or written.
func TestNoPINLeaves(t *testing.T) {
	const newSign, newAuth, wrongSign, wrongAuth, badSign = "QX7RTZ9W", "8264", "WR0NGPW5", "7391", "short"
	secrets := []string{virtualcard.SignPIN, newSign, wrongSign, newAuth, wrongAuth, strings.ToLower(newSign)}
	for _, lang := range []string{"ja", "en"} {
		w := newWorld(t, lang)
		w.write("a.txt", "content")
		for i, c := range []struct{ line, pins string }{
			{"status", ""},
			{"status --pin-stdin", virtualcard.SignPIN},
			{"status --check --json --pin-stdin", virtualcard.SignPIN},
			{"calendar --pin-stdin", virtualcard.SignPIN},
			{"pin status", ""},
			{"pin verify sign --pin-stdin", virtualcard.SignPIN},
			{"pin verify sign --pin-stdin", wrongSign},
			{"pin verify sign --pin-stdin --pin-exact", strings.ToLower(newSign)},
			{"pin verify sign --pin-stdin", badSign},
			{"pin verify sign --pin-file pins", wrongSign},
			{"pin verify sign --pin-command 'cat pins'", virtualcard.SignPIN},
			{"pin verify auth --pin-stdin", wrongAuth},
			{"pin verify auth --pin-stdin --json", wrongAuth},
			{"pin verify auth --pin-stdin", wrongAuth}, // the last try: not sent
			{"cert show sign --pin-stdin --personal", virtualcard.SignPIN},
			{"cert export sign --pin-stdin --format der", virtualcard.SignPIN},
			{"sign a.txt --pin-stdin", virtualcard.SignPIN},
			{"sign a.txt --pin-stdin --json", virtualcard.SignPIN}, // exists already
			{"pin change sign --pin-stdin", virtualcard.SignPIN + "\n" + newSign},
			{"pin change sign --pin-stdin --json", newSign + "\n" + strings.ToLower(wrongSign)},
			{"pin change sign --pin-stdin", wrongSign + "\n" + wrongSign},
			{"pin change auth --pin-stdin --allow-last-try --json", virtualcard.AuthPIN + "\n" + newAuth},
			{"pin verify auth --pin-stdin", newAuth},
			{"pin verify auth --pin-stdin --pin-file pins", newAuth},
		} {
			w.write("pins", c.pins+"\n")
			w.run(fmt.Sprintf("%s --card demo --trace trace-%d", c.line, i), c.pins+"\n")
			os.Remove(w.path("pins"))
		}
		shown := 0
		for name, content := range w.everything() {
			shown += bytes.Count(content, []byte("> 00 20 00 80 [PIN]\n"))
			for _, s := range secrets {
				for form, bytesOf := range forms(s) {
					// A 4-digit PIN is looked for only where digits are rare.
					if len(s) > 4 && bytes.Contains(content, bytesOf) || len(s) == 4 && containsWord(content, bytesOf) && !strings.HasSuffix(name, ".p7s") {
						t.Errorf("%s: %s holds the PIN %s as %s", lang, name, s, form)
					}
				}
			}
		}
		if shown < 10 {
			t.Errorf("%s: the traces show %d VERIFYs, too few to prove anything", lang, shown)
		}
	}
}

// forms writes a secret in every way a program might let it slip.
func forms(s string) map[string][]byte {
	utf16le := []byte{}
	for _, u := range utf16.Encode([]rune(s)) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	reversed := []byte(s)
	slices.Reverse(reversed)
	spaced := strings.TrimSpace(fmt.Sprintf("% X", s))
	return map[string][]byte{
		"text": []byte(s), "UTF-16": utf16le, "reversed": reversed,
		"base64": []byte(strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(s)), "=")),
		"hex":    []byte(hex.EncodeToString([]byte(s))), "HEX": []byte(strings.ToUpper(hex.EncodeToString([]byte(s)))),
		"spaced hex": []byte(spaced), "spaced small hex": []byte(strings.ToLower(spaced)),
		"numbers": []byte(strings.Trim(fmt.Sprint([]byte(s)), "[]")),
	}
}

// TestForms shows that the search for leaks finds a secret in each form, and a
// word only where it stands alone.
func TestForms(t *testing.T) {
	for form, want := range map[string]string{
		"text": "8263", "UTF-16": "8\x002\x006\x003\x00", "reversed": "3628", "base64": "ODI2Mw",
		"hex": "38323633", "HEX": "38323633", "spaced hex": "38 32 36 33", "spaced small hex": "38 32 36 33", "numbers": "56 50 54 51",
	} {
		if got := forms("8263")[form]; string(got) != want {
			t.Errorf("%s: %q, want %q", form, got, want)
		}
	}
	for content, want := range map[string]bool{
		"8263": true, "PIN=8263\n": true, "18263, 8263": true, "> 00 20 00 80 04 38 32 36 33": false,
		"": false, "82630": false, "a8263": false, "82 63": false,
	} {
		if containsWord([]byte(content), []byte("8263")) != want {
			t.Errorf("8263 in %q: not %t", content, want)
		}
	}
}

// containsWord looks for word with neither a letter nor a digit beside it.
func containsWord(content, word []byte) bool {
	alnum := func(b byte) bool { return '0' <= b && b <= '9' || 'A' <= b && b <= 'Z' || 'a' <= b && b <= 'z' }
	for i := 0; ; i++ {
		at := bytes.Index(content[i:], word)
		if at < 0 {
			return false
		}
		i += at
		end := i + len(word)
		if (i == 0 || !alnum(content[i-1])) && (end == len(content) || !alnum(content[end])) {
			return true
		}
	}
}

// world is a folder to run the program in, with the output of the runs.
type world struct {
	t       *testing.T
	dir     string
	back    string // the folder of the test
	lang    string
	real    bool            // the real time instead of a fixed one
	ahead   time.Duration   // how far the clock is off the real time
	traced  context.Context // context of the runs, if set
	printed bytes.Buffer
}

func newWorld(t *testing.T, lang string) *world {
	back, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: t.TempDir(), lang: lang, back: back}
	t.Chdir(w.dir)
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

func (w *world) write(name, content string) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// run runs a command line, in which single quotes keep words together.
func (w *world) run(line, stdin string) (exit int, out string) {
	w.t.Helper()
	var args []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, part)
			continue
		}
		args = append(args, strings.Fields(part)...)
	}
	in, err := os.Open(w.pipe(stdin))
	if err != nil {
		w.t.Fatal(err)
	}
	defer in.Close()
	stdout, stderr := w.create("stdout"), w.create("stderr")
	defer stdout.Close()
	defer stderr.Close()
	cfg := command.Config{
		Args: append(args, "--no-input"), Stdin: in, Stdout: stdout, Stderr: stderr,
		Getenv: func(name string) string {
			return map[string]string{"JPKI_LANG": w.lang, "XDG_STATE_HOME": w.path("state"), "LocalAppData": w.path("state"), "HOME": w.dir}[name]
		},
		Now: func() time.Time {
			if w.real {
				return time.Now().Add(w.ahead)
			}
			return time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
		},
	}
	if w.traced == nil {
		exit = Run(w.t.Context(), cfg)
	} else {
		a := newApp(cfg)
		exit = finish(a, execute(w.traced, a, cfg.Args))
	}
	for _, f := range []*os.File{stdout, stderr} {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			w.t.Fatal(err)
		}
		out += string(b)
	}
	w.printed.WriteString(out)
	return exit, out
}

// pipe is a file outside the folder that is searched.
func (w *world) pipe(content string) string {
	path := filepath.Join(w.t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

func (w *world) create(name string) *os.File {
	f, err := os.Create(filepath.Join(w.t.TempDir(), name))
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// names are those of the files in the folder.
func (w *world) names() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// everything is all that was printed and all files, by name.
func (w *world) everything() map[string][]byte {
	all := map[string][]byte{"the output": w.printed.Bytes()}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all[filepath.Base(path)] = b
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
