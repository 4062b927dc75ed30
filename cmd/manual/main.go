// Command manual writes the files packaged beside the program: man pages in
// both languages and completions for four shells, made from its command tree,
// the schemas of its JSON documents, and the licences of all its modules.
//
//	go run ./cmd/manual -version 1.2.3 -date 2026-11-22 FOLDER
//	go run ./cmd/manual -version 1.2.3 -date 2026-11-22 -changelog CHANGELOG.md FOLDER
//
// The second form adds the man pages and the changelog compressed, as packages
// have them: the same bytes whichever gzip a machine has.
//
// It is a command of its own, to keep this code out of the program.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/cli/schema"
	"github.com/jpki-tools/jpki/internal/i18n"
)

func main() {
	version := flag.String("version", "", "the program's version")
	date := flag.String("date", "", "the pages' date, as YYYY-MM-DD")
	changelog := flag.String("changelog", "", "a changelog to compress, with the pages")
	flag.Parse()
	if flag.NArg() != 1 || *version == "" || *date == "" {
		fmt.Fprintln(os.Stderr, "usage: manual -version VERSION -date YYYY-MM-DD [-changelog FILE] FOLDER")
		os.Exit(2)
	}
	err := write(flag.Arg(0), edition{*version, *date})
	if err == nil && *changelog != "" {
		err = compressed(flag.Arg(0), *changelog)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// edition is the version of the program that the pages describe, and its date.
type edition struct{ version, date string }

// write fills a folder: man, man/ja, completions, schemas, licences.txt.
func write(folder string, of edition) error {
	var all error
	put := func(content []byte, path ...string) {
		name := filepath.Join(append([]string{folder}, path...)...)
		all = errors.Join(all, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, content, 0o644))
	}
	for lang, man := range map[i18n.Lang]string{i18n.EN: "man", i18n.JA: filepath.Join("man", "ja")} {
		for _, p := range pages(cli.Tree(lang), lang, of) {
			put(p.content, man, "man"+p.section, p.name+"."+p.section)
		}
	}
	schemas, err := fs.ReadDir(schema.Files, ".")
	all = errors.Join(all, err)
	for _, file := range schemas {
		content, err := fs.ReadFile(schema.Files, file.Name())
		all = errors.Join(all, err)
		put(content, "schemas", file.Name())
	}
	licences, err := notices()
	all = errors.Join(all, err)
	put(licences, "licences.txt")
	root := cli.Tree(i18n.EN)
	for name, generate := range map[string]func(io.Writer) error{
		"jpki.bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"_jpki":     root.GenZshCompletion,
		"jpki.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
		"jpki.ps1":  root.GenPowerShellCompletionWithDesc,
	} {
		var script bytes.Buffer
		all = errors.Join(all, generate(&script))
		put(script.Bytes(), "completions", name)
	}
	return all
}

// compressed writes man.gz, which has each file of man with .gz at the end of
// its name, and changelog.gz into a folder.
func compressed(folder, changelog string) error {
	pages := filepath.Join(folder, "man")
	err := filepath.WalkDir(pages, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(pages, path)
		return errors.Join(err, compress(path, filepath.Join(folder, "man.gz", below+".gz")))
	})
	return errors.Join(err, compress(changelog, filepath.Join(folder, "changelog.gz")))
}

// compress writes what a file has, without its name and time.
func compress(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	_, err = w.Write(content)
	if err = errors.Join(err, w.Close(), os.MkdirAll(filepath.Dir(to), 0o755)); err != nil {
		return err
	}
	return os.WriteFile(to, packed.Bytes(), 0o644)
}

// pages are those of a command and of all below it: commands in section 1,
// topics in section 7.
func pages(c *cobra.Command, lang i18n.Lang, of edition) (all []page) {
	all = append(all, newPage(c, lang, of))
	for _, below := range c.Commands() {
		all = append(all, pages(below, lang, of)...)
	}
	return all
}

// pageName is how a page is called: the words of the command, with dashes, or
// the program's name and that of the topic.
func pageName(c *cobra.Command) string {
	if cli.IsTopic(c) {
		return "jpki-" + c.Name()
	}
	return strings.ReplaceAll(c.CommandPath(), " ", "-")
}
