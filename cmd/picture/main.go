// Command picture draws the pictures of the READMEs as SVG: real output of the
// program on a terminal, with the demo card and on a fixed day.
//
//	go run ./cmd/picture .github
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// scene lists the command lines in the picture.
var scene = []string{
	"jpki status --card demo:expiring",
	"jpki sign contract.txt --card demo --pin-file pin",
	"jpki verify contract.txt.p7s --trust demo",
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: picture FOLDER")
		os.Exit(2)
	}
	folder, err := filepath.Abs(os.Args[1])
	if err == nil {
		err = draw(folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// draw makes both pictures, from a folder that goes with them.
func draw(folder string) error {
	work, err := os.MkdirTemp("", "picture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.Chdir(work); err != nil {
		return err
	}
	for lang, name := range map[string]string{"ja": "demo.svg", "en": "demo.en.svg"} {
		_ = os.Remove("contract.txt.p7s") // of the other language
		for file, content := range map[string]string{"contract.txt": "a contract\n", "pin": virtualcard.SignPIN + "\n"} {
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				return err
			}
		}
		shown, err := play(lang, work)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), svg(shown), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// play runs the scene and returns the output as a terminal would receive it.
func play(lang, home string) (string, error) {
	var all strings.Builder
	for i, line := range scene {
		if i > 0 {
			all.WriteString("\n")
		}
		all.WriteString("\x1b[32m$\x1b[0m \x1b[1m" + line + "\x1b[0m\n")
		out, exit, err := run(strings.Fields(line)[1:], lang, home)
		if err != nil {
			return "", err
		}
		if exit != 0 {
			return "", fmt.Errorf("%s: exit status %d\n%s", line, exit, out)
		}
		all.WriteString(out)
	}
	return all.String(), nil
}

// run runs the program with its output in one.
func run(args []string, lang, home string) (out string, exit int, err error) {
	in, err := os.Open(os.DevNull)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return "", 0, err
	}
	defer r.Close()
	written := make(chan string)
	go func() {
		data, _ := io.ReadAll(r)
		written <- string(data)
	}()
	exit = cli.Run(context.Background(), command.Config{
		Args:  append(args, "--color", "always", "--lang", lang, "--no-input"),
		Stdin: in, Stdout: w, Stderr: w,
		Getenv: func(name string) string { return map[string]string{"HOME": home, "LocalAppData": home}[name] },
		Now:    func() time.Time { return time.Date(2026, time.November, 22, 10, 0, 0, 0, cert.JST) },
	})
	w.Close()
	return <-written, exit, nil
}
