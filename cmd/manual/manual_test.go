package main

import (
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

// TestPackagesFindTheirFiles: what the description of the packages takes is
// there, ours and what is written here. goreleaser itself is no part of CI.
func TestPackagesFindTheirFiles(t *testing.T) {
	top := filepath.Join("..", "..")
	description, err := os.ReadFile(filepath.Join(top, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := write(folder, test); err != nil {
		t.Fatal(err)
	}
	sources := regexp.MustCompile(`src: ([^\s,}]+)`).FindAllSubmatch(description, -1)
	for _, m := range sources {
		source := string(m[1])
		path := filepath.Join(top, source)
		if made, ok := strings.CutPrefix(source, ".release/"); ok {
			path = filepath.Join(folder, strings.Replace(made, "man.gz", "man", 1))
			if made == "changelog.gz" {
				path = filepath.Join(top, "CHANGELOG.md")
			}
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	if len(sources) < 20 {
		t.Errorf("%d sources: not all of them", len(sources))
	}
}
