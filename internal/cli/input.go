package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	"github.com/jpki-tools/jpki/internal/beside"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

// input is an opened input: a file, or standard input.
type input struct {
	ctx    context.Context
	name   string
	file   *os.File // of a file that can be read anywhere; nil for standard input
	head   []byte   // its beginning, already read from rest
	rest   io.Reader
	size   int64  // 0 where unknown
	beside string // the folder of the result; "" for standard output
}

// reader reads the whole input once, and shows how far it came.
func (in *input) reader(o *ui.IO, now func() time.Time) (r io.Reader, done func()) {
	if _, typed := in.rest.(*stdinReader); typed && ui.IsTerminal(o.In) {
		return io.MultiReader(bytes.NewReader(in.head), in.rest), func() {}
	}
	p := o.Progress(text{JA: "%sを読んでいます", EN: "reading %s"}.With(in.name), in.size, now)
	return p.Reader(cancellable(in.ctx, io.MultiReader(bytes.NewReader(in.head), in.rest))), p.Done
}

func (in *input) close() {
	if in.file != nil {
		in.file.Close()
	}
}

// openInput opens a regular file for reading.
func openInput(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, isFolder(path)
	}
	if !info.Mode().IsRegular() {
		return nil, problem.New(problem.Input,
			text{JA: "%sは通常のファイルではありません。", EN: "%s is not a regular file."}.With(path),
			text{JA: "パイプなどの中身は「-」(標準入力)で渡してください。", EN: "Give what comes from a pipe as - (standard input)."})
	}
	return os.Open(path)
}

// readSmall reads a file of at most max bytes, what is longer only so far. It
// can be a pipe, as process substitution makes one, and ends with ctx also
// while nobody writes to it.
func readSmall(ctx context.Context, path string, max int64) ([]byte, error) {
	return beside.Read(ctx, func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, max))
	})
}

func isFolder(path string) *problem.Problem {
	return problem.New(problem.Input,
		text{JA: "%sはフォルダーです。", EN: "%s is a directory."}.With(path),
		text{JA: "ファイルを指定してください。", EN: "Name a file."})
}

// stdin reads standard input. It ends with ctx, also while nothing comes.
func stdin(ctx context.Context, o *ui.IO) io.Reader {
	if ui.IsTerminal(o.In) {
		o.Note(text{
			JA: "標準入力を読んでいます(終わりは%s、中止はCtrl-C)。",
			EN: "Reading standard input (%s ends it, Ctrl-C cancels).",
		}.With(endOfInput))
	}
	return &stdinReader{ctx: ctx, file: o.In}
}

type stdinReader struct {
	ctx  context.Context
	file *os.File
	buf  []byte // not the caller's: a read that is left behind may still come
	end  error  // a terminal gives more after its end
}

func (r *stdinReader) Read(b []byte) (int, error) {
	if r.end != nil {
		return 0, r.end
	}
	if len(r.buf) < len(b) {
		r.buf = make([]byte, len(b))
	}
	read, err := beside.Read(r.ctx, func() ([]byte, error) {
		n, err := r.file.Read(r.buf[:len(b)])
		return r.buf[:n], err
	})
	r.end = err
	return copy(b, read), err
}

// cancellable makes a long read end with ctx.
func cancellable(ctx context.Context, r io.Reader) io.Reader { return ctxReader{ctx, r} }

type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r ctxReader) Read(b []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}
