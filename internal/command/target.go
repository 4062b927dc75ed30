package command

import (
	"context"
	"io"

	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

// IsFileName reports whether the value of -o names a file. Other values mean
// standard output.
func IsFileName(out string) bool { return out != "" && out != "-" }

// target is where data goes: a file, or standard output.
type target interface {
	io.Writer
	Commit() error
	Abort()
}

type stdout struct{ io.Writer }

func (stdout) Commit() error { return nil }

func (stdout) Abort() {}

// OpenTarget opens the file of -o, or standard output. It refuses binary data
// on a terminal, except with -o -.
func (a *App) OpenTarget(ctx context.Context, path string, force, binary bool) (target, error) {
	switch {
	case path == "-":
		return stdout{a.IO.Out}, nil
	case path != "":
		return output.Create(ctx, path, output.Options{Force: force})
	case binary && ui.IsTerminal(a.IO.Out):
		return nil, problem.Misuse(text{JA: "バイナリは端末に表示しません。", EN: "Binary data does not go to a terminal."}).
			WithNext(text{JA: "-o FILE で保存するか、それでも端末に出すなら -o - を付けてください。", EN: "Name a file with -o, or insist with -o -."})
	}
	return stdout{a.IO.Out}, nil
}
