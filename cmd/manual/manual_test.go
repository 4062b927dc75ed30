package main

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/i18n"
)

var test = edition{version: "1.2.3", date: "2026-11-22"}

// TestPages: every command and every topic has a page in both languages, with
// all its flags and examples.
func TestPages(t *testing.T) {
	topics := 0
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		all := map[string]string{}
		for _, p := range pages(cli.Tree(lang), lang, test) {
			all[p.name+"."+p.section] = string(p.content)
		}
		var look func(c *cobra.Command)
		look = func(c *cobra.Command) {
			name := pageName(c) + "." + section(c)
			content, ok := all[name]
			if !ok {
				t.Errorf("%s: no page %s", lang, name)
			}
			if cli.IsTopic(c) {
				topics++
			} else {
				c.LocalFlags().VisitAll(func(f *pflag.Flag) {
					if !strings.Contains(content, `\fB`+escape("--"+f.Name)+`\fR`) {
						t.Errorf("%s: --%s is not in %s", lang, f.Name, name)
					}
				})
				for line := range strings.Lines(c.Example) {
					if !strings.Contains(content, escape(strings.TrimSpace(line))) && lang == i18n.EN {
						t.Errorf("the example %q is not in %s", line, name)
					}
				}
			}
			for _, below := range c.Commands() {
				look(below)
			}
		}
		look(cli.Tree(lang))
		if !strings.HasPrefix(all["jpki.1"], `.TH "JPKI" "1" "2026-11-22" "jpki 1.2.3"`) {
			t.Errorf("%s: %.80s", lang, all["jpki.1"])
		}
	}
	if topics < 10 {
		t.Errorf("%d pages of topics", topics)
	}
}

func TestProse(t *testing.T) {
	for _, c := range []struct {
		lang     i18n.Lang
		in, want string
	}{
		{i18n.EN, "One.\nTwo.\n\nThree.", "One.\n.br\nTwo.\n.PP\nThree.\n"},
		{i18n.EN, "See:\n  a\n    b\nend", "See:\n.PP\n.nf\n  a\n    b\n.fi\n.PP\nend\n"},
		{i18n.EN, "\tjpki a\n\n  b\n  c", ".nf\n  jpki a\n.fi\n.PP\n.nf\n  b\n  c\n.fi\n"},
		{i18n.EN, ".dot 'quote' \\n a-b\n .in", "\\&.dot \\(aqquote\\(aq \\en a\\-b\n.PP\n.nf\n\\& .in\n.fi\n"},
		{i18n.EN, "  x " + strings.Repeat("a ", 40), ".nf\n  x " + strings.Repeat("a ", 33) + "a\n  " + strings.Repeat("a ", 5) + "a\n.fi\n"},
		{i18n.JA, strings.Repeat("ア", 40), strings.Repeat("ア", 35) + "\n.br\n" + strings.Repeat("ア", 5) + "\n"},
	} {
		w := &roff{lang: c.lang}
		w.prose(c.in)
		if got := w.String(); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

// TestWrite: the folder has what the packages take from it, the same each time.
func TestWrite(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, folder := range []string{first, second} {
		if err := write(folder, test); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"man/man1/jpki.1", "man/ja/man1/jpki-sign.1", "man/man7/jpki-pin.7", "man/ja/man7/jpki-json.7",
		"completions/jpki.bash", "completions/_jpki", "completions/jpki.fish", "completions/jpki.ps1",
		"schemas/status.json", "licences.txt",
	} {
		a, err := os.ReadFile(filepath.Join(first, filepath.FromSlash(name)))
		if err != nil {
			t.Error(err)
		}
		if b, _ := os.ReadFile(filepath.Join(second, filepath.FromSlash(name))); string(a) != string(b) {
			t.Errorf("%s is not the same twice", name)
		}
	}
}

// TestCompressed: packed is what is packed, and says neither name nor time.
func TestCompressed(t *testing.T) {
	folder := t.TempDir()
	if err := write(folder, test); err != nil {
		t.Fatal(err)
	}
	if err := compressed(folder, filepath.Join("..", "..", "CHANGELOG.md")); err != nil {
		t.Fatal(err)
	}
	for packed, plain := range map[string]string{
		"man.gz/man1/jpki.1.gz":        filepath.Join(folder, "man", "man1", "jpki.1"),
		"man.gz/ja/man7/jpki-pin.7.gz": filepath.Join(folder, "man", "ja", "man7", "jpki-pin.7"),
		"changelog.gz":                 filepath.Join("..", "..", "CHANGELOG.md"),
	} {
		file, err := os.Open(filepath.Join(folder, filepath.FromSlash(packed)))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		r, err := gzip.NewReader(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if want, _ := os.ReadFile(plain); err != nil || len(want) == 0 || string(got) != string(want) {
			t.Errorf("%s: %v, %d bytes of %d", packed, err, len(got), len(want))
		}
		if r.Name != "" || !r.ModTime.IsZero() {
			t.Errorf("%s says %q, %s", packed, r.Name, r.ModTime)
		}
	}
}

// TestLicences: all that is linked into the program may be handed on with no
// more than its notice. notices fails on anything else.
func TestLicences(t *testing.T) {
	text, err := notices()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"github.com/spf13/cobra ", "github.com/ebfe/scard ", "github.com/ebitengine/purego ", "Go standard library "} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not among the licences: not all of the program was looked at", want)
		}
	}
	for text, want := range map[string]string{
		"GNU GENERAL PUBLIC LICENSE Version 3":                        "",
		"Mozilla Public License Version 2.0 ... " + licences["MIT"]:   "",
		"all rights reserved":                                         "",
		"x\n" + licences["MIT"] + "\nx":                               "MIT",
		licences["BSD-2-Clause"]:                                      "BSD-2-Clause",
		licences["BSD-2-Clause"] + " ... " + licences["BSD-3-Clause"]: "BSD-3-Clause",
		"Apache License\n   Version 2.0, January 2004":                "Apache-2.0",
	} {
		if got, err := licenceName(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// TestLicencesOfTests: what is only in tests and tools may be handed on as well,
// and every module of go.mod was looked at.
func TestLicencesOfTests(t *testing.T) {
	all, err := modules("-test", "-tags", "foreign,pcscd,wine", "github.com/jpki-tools/jpki/...")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range all {
		seen[m.Path] = true
		text, err := m.licence()
		if err == nil {
			_, err = licenceName(text)
		}
		if err != nil {
			t.Errorf("%s: %v", m.Path, err)
		}
	}
	description, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	required := regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllSubmatch(description, -1)
	for _, m := range required {
		if !seen[string(m[1])] {
			t.Errorf("%s was not looked at", m[1])
		}
	}
	if len(required) < 10 {
		t.Errorf("%d modules in go.mod: not all of them", len(required))
	}
}

// TestPackagesFindTheirFiles: what the description of the packages takes is
// there, ours and what is written here. goreleaser itself is no part of CI.
func TestPackagesFindTheirFiles(t *testing.T) {
	top := filepath.Join("..", "..")
	description, err := os.ReadFile(filepath.Join(top, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := errors.Join(write(folder, test), compressed(folder, filepath.Join(top, "CHANGELOG.md"))); err != nil {
		t.Fatal(err)
	}
	sources := regexp.MustCompile(`src: ([^\s,}]+)`).FindAllSubmatch(description, -1)
	for _, m := range sources {
		source := string(m[1])
		path := filepath.Join(top, source)
		if made, ok := strings.CutPrefix(source, ".release/"); ok {
			path = filepath.Join(folder, filepath.FromSlash(made))
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	if len(sources) < 20 {
		t.Errorf("%d sources: not all of them", len(sources))
	}
}
