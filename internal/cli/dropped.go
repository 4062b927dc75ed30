package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
)

// dropped reports arguments that come from files dropped on the program's icon:
// only full paths of existing files or folders.
func dropped(args []string) bool {
	return !slices.ContainsFunc(args, func(arg string) bool {
		_, err := os.Lstat(arg)
		return err != nil || !filepath.IsAbs(arg)
	})
}

// takeDropped verifies the dropped files that have signatures. It signs the
// others if the person agrees.
func takeDropped(ctx context.Context, a *command.App, files []string) error {
	if !slices.ContainsFunc(files, func(path string) bool { return !signed(path) }) {
		return execute(ctx, a, append([]string{"verify", "--"}, files...))
	}
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

// maxDropped is how much of a file is looked at for a signature inside it.
const maxDropped = 64 << 20

// signed reports a signature file, or a file with a signature inside.
func signed(path string) bool {
	f, err := input.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDropped))
	if err != nil {
		return false
	}
	head := data[:min(len(data), 1024)]
	switch {
	case cms.IsSignedData(head):
		return true
	case input.FormatOf(head) == "pdf":
		return bytes.Contains(data, []byte("/ByteRange"))
	case input.FormatOf(head) == "xmldsig", input.Markup(head):
		return bytes.Contains(data, []byte("http://www.w3.org/2000/09/xmldsig#"))
	}
	return false
}
