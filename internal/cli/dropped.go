package cli

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/ui"
)

// dropped reports arguments that come from files dropped on the program's icon:
// only full paths of existing files or folders.
func dropped(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool {
		_, err := os.Lstat(arg)
		return err != nil || !filepath.IsAbs(arg)
	})
}

// takeDropped verifies the dropped files and folders with signatures. It signs
// the others if the person agrees. It returns the exit status.
func takeDropped(ctx context.Context, a *command.App, files []string) int {
	signed, plain := divide(ctx, a, files)
	exit := 0
	if len(signed) > 0 {
		exit = finish(a, execute(ctx, a, append([]string{"verify", "--"}, signed...)))
	}
	if len(plain) > 0 && ctx.Err() == nil {
		exit = cmp.Or(exit, finish(a, signDropped(ctx, a, plain)))
	}
	return exit
}

// signDropped signs files if the person agrees.
func signDropped(ctx context.Context, a *command.App, files []string) error {
	for _, path := range files {
		a.IO.Complain(text{JA: "置かれたファイル: %s", EN: "Dropped: %s"}.With(path))
	}
	terminal, err := ui.OpenTerminal()
	if err != nil {
		return err
	}
	_, err = terminal.Line(ctx, a.IO.Text(text{
		JA: "Enterキーを押すと署名に進みます。やめるときは、このウィンドウを閉じてください。",
		EN: "Press Enter to go on and sign; close this window to leave it. ",
	}))
	terminal.Close()
	if err != nil {
		return err
	}
	return execute(ctx, a, append([]string{"sign", "--"}, files...))
}

// divide parts the files with signatures, in them or beside them, from those
// without. A file dropped together with its signature is not named again.
func divide(ctx context.Context, a *command.App, files []string) (signed, plain []string) {
	find := judging.Finder{IO: a.IO, Now: a.Env.Now}
	for _, path := range files {
		switch {
		case slices.ContainsFunc(files, func(other string) bool { return isOver(other, path) }):
		case find.Signed(ctx, path):
			signed = append(signed, path)
		default:
			plain = append(plain, path)
		}
	}
	return signed, plain
}

// isOver reports the signature file of another file, by its name.
func isOver(signature, path string) bool {
	ending, ok := strings.CutPrefix(signature, path)
	return ok && judging.IsBeside(ending)
}
