//go:build foreign

package witness

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// view is a reader's display of a file: pictures of the pages and their text,
// or a failure to open it. Equal displays give equal strings.
type view string

// reader is another program that displays PDF files. One process handles many
// files.
type reader struct {
	name string
	show func(s *session, paths []string) ([]view, error)
}

var readers = []reader{
	{"poppler", (*session).poppler},
	{"mupdf", (*session).mupdf},
	{"ghostscript", (*session).ghostscript},
	{"pdfjs", func(s *session, paths []string) ([]view, error) { return s.node("pdfjs", paths) }},
	{"pdfium", func(s *session, paths []string) ([]view, error) { return s.node("pdfium", paths) }},
}

// session is one run of a reader on some files.
type session struct {
	dir string // its own folder
}

// modules returns the folder of .ci/witness with the modules.
func modules(t testing.TB) string {
	dir, err := filepath.Abs("../../../../.ci/witness")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "pdfjs-dist")); err != nil {
		t.Fatalf("pdf.js and PDFium are not there: run `bash .ci/test witness`: %v", err)
	}
	return dir
}

var nodeModules string

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return fmt.Sprintf("%x", s[:8])
}

// batch runs a program that reads paths from its standard input and answers
// each with a line that begins with mark. If a file ends the program, batch
// records a failure for it and restarts the program with the remaining files.
func batch(paths []string, mark string, ask func(i int, path string) string, start func() *exec.Cmd) (lines []string, err error) {
	for len(lines) < len(paths) {
		rest := paths[len(lines):]
		var in strings.Builder
		for i, path := range rest {
			in.WriteString(ask(len(lines)+i, path))
		}
		cmd := start()
		cmd.Stdin = strings.NewReader(in.String())
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		slow := time.AfterFunc(2*time.Minute+time.Duration(len(rest))*100*time.Millisecond, func() { cmd.Process.Kill() })
		failed := cmd.Wait()
		slow.Stop()
		answered := 0
		scan := bufio.NewScanner(&out)
		scan.Buffer(nil, 16<<20)
		for scan.Scan() {
			if strings.HasPrefix(scan.Text(), mark) {
				lines = append(lines, scan.Text())
				answered++
			}
		}
		if len(lines) < len(paths) {
			if failed == nil && answered == 0 {
				return nil, fmt.Errorf("%v says nothing of %s", cmd.Args, rest[0])
			}
			var exit *exec.ExitError
			if failed != nil && !errors.As(failed, &exit) {
				return nil, failed
			}
			lines = append(lines, mark)
		}
	}
	return lines[:len(paths)], nil
}

func (s *session) node(name string, paths []string) ([]view, error) {
	lines, err := batch(paths, "{", func(_ int, path string) string { return name + " " + path + "\n" }, func() *exec.Cmd {
		return exec.Command("node", "testdata/witness.mjs", nodeModules)
	})
	var views []view
	for _, line := range lines {
		var a struct {
			Error string
			Count int
			Pages []struct{ Picture, Text string }
		}
		if json.Unmarshal([]byte(line), &a) != nil || a.Error != "" {
			views = append(views, cannotOpen)
			continue
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%d pages", a.Count)
		for _, p := range a.Pages {
			fmt.Fprintf(&b, "; %s %q", p.Picture, p.Text)
		}
		views = append(views, view(b.String()))
	}
	return views, err
}

// cannotOpen is the view of a file that a reader rejects.
const cannotOpen view = "cannot be opened"

func (s *session) mupdf(paths []string) ([]view, error) {
	dir := filepath.Join(s.dir, "mupdf")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	// A restarted run counts from 0, so it needs names of its own.
	var runs int
	names := make([]string, len(paths))
	lines, err := batch(paths, "{", func(i int, path string) string {
		names[i] = fmt.Sprintf("%d-%d", runs+1, i)
		return names[i] + " " + path + "\n"
	}, func() *exec.Cmd {
		runs++
		return exec.Command("mutool", "run", "testdata/mupdf.js", dir)
	})
	var views []view
	for i, line := range lines {
		var a struct {
			Count int
			Texts []string
		}
		if json.Unmarshal([]byte(line), &a) != nil || a.Count < 0 {
			views = append(views, cannotOpen)
			continue
		}
		v := fmt.Sprintf("%d pages", a.Count)
		for n, text := range a.Texts {
			picture, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", names[i], n)))
			if err != nil {
				return nil, err
			}
			v += fmt.Sprintf("; %s %q", sum(picture), text)
		}
		views = append(views, view(v))
	}
	return views, err
}

// ghostscript gives only pictures, no text.
func (s *session) ghostscript(paths []string) ([]view, error) {
	dir := filepath.Join(s.dir, "gs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	_, err := batch(paths, "done ", func(i int, path string) string {
		return fmt.Sprintf("<< /OutputFile (%s/%d-%%d.ppm) >> setpagedevice { (%s) run } stopped { clear } if (\\ndone %d\\n) print flush\n", dir, i, path, i)
	}, func() *exec.Cmd {
		return exec.Command("gs", "-q", "-dNOSAFER", "-dNOPAUSE", "-dLastPage=3", "-sDEVICE=ppmraw", "-r36", "-sOutputFile="+dir+"/none.ppm", "-")
	})
	if err != nil {
		return nil, err
	}
	return pictures(dir, len(paths))
}

// pictures returns the views of files from the pages in NUMBER-PAGE.ppm. The
// page numbers of a file may continue those of the previous file.
func pictures(dir string, files int) ([]view, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	type page struct{ file, number int }
	var pages []page
	for _, e := range entries {
		var p page
		if _, err := fmt.Sscanf(e.Name(), "%d-%d.ppm", &p.file, &p.number); err == nil {
			pages = append(pages, p)
		}
	}
	slices.SortFunc(pages, func(a, b page) int { return a.number - b.number })
	views := make([]view, files)
	for _, p := range pages {
		picture, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d-%d.ppm", p.file, p.number)))
		if err != nil {
			return nil, err
		}
		views[p.file] += view(sum(picture) + "; ")
	}
	for i, v := range views {
		if v == "" {
			views[i] = cannotOpen
		}
	}
	return views, nil
}

// poppler starts a process for each file, because its programs accept only one.
func (s *session) poppler(paths []string) ([]view, error) {
	dir := filepath.Join(s.dir, "poppler")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	for i, path := range paths {
		exec.Command("pdftoppm", "-r", "36", "-l", "3", path, filepath.Join(dir, fmt.Sprint(i))).Run() // missing pages reveal a failure
	}
	views, err := pictures(dir, len(paths))
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		out, err := exec.Command("pdftotext", path, "-").Output()
		if err != nil {
			out = nil
		}
		if views[i] != cannotOpen {
			views[i] += view(fmt.Sprintf("%q", out))
		}
	}
	return views, nil
}

// views has every reader display every content once. It stores the results by
// digest, because many files begin alike.
type views struct {
	dir   string
	known map[[32]byte][]view // by reader
}

// look displays new contents, with all readers in parallel.
func (v *views) look(t testing.TB, contents [][]byte) {
	t.Helper()
	dir, err := os.MkdirTemp(v.dir, "look")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var keys [][32]byte
	var paths []string
	for _, c := range contents {
		key := sha256.Sum256(c)
		if _, ok := v.known[key]; ok {
			continue
		}
		v.known[key] = make([]view, len(readers))
		keys = append(keys, key)
		path := filepath.Join(dir, fmt.Sprintf("%d.pdf", len(paths)))
		if err := os.WriteFile(path, c, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if len(paths) == 0 {
		return
	}
	s := &session{dir}
	var group sync.WaitGroup
	failed := make([]error, len(readers))
	for i, r := range readers {
		group.Go(func() {
			shown, err := r.show(s, paths)
			if err != nil || len(shown) != len(paths) {
				failed[i] = fmt.Errorf("%s: %d views of %d files: %w", r.name, len(shown), len(paths), err)
				return
			}
			for j, key := range keys {
				v.known[key][i] = shown[j]
			}
		})
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
}

// differences returns the readers that display two contents differently, with
// both displays.
func (v *views) differences(then, now []byte) (found []string) {
	a, b := v.known[sha256.Sum256(then)], v.known[sha256.Sum256(now)]
	for i, r := range readers {
		if a[i] != b[i] {
			found = append(found, fmt.Sprintf("%s: %s → %s", r.name, a[i], b[i]))
		}
	}
	return found
}

// unopened returns the readers that cannot open a content.
func (v *views) unopened(content []byte) (names []string) {
	for i, shown := range v.known[sha256.Sum256(content)] {
		if shown == cannotOpen {
			names = append(names, readers[i].name)
		}
	}
	return names
}

// qpdf returns the status of qpdf --check: 0 for no problem, 2 for errors, 3
// for warnings.
func qpdf(t testing.TB, content []byte) (int, string) {
	path := filepath.Join(t.TempDir(), "f.pdf")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("qpdf", "--check", path).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), string(out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, string(out)
}
