// Package input opens the program's inputs: files, standard input and
// certificates. Reads end with their context and show progress.
package input

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"

	"github.com/jpki-tools/jpki/internal/beside"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/printable"
)

type text = i18n.Text

// Stream is an opened input: a file, or standard input.
type Stream struct {
	Ctx    context.Context
	Name   string
	File   *os.File // of a file that can be read anywhere; nil for standard input
	Head   []byte   // its beginning, already read from rest
	Rest   io.Reader
	Size   int64  // 0 where unknown
	Beside string // the folder of the result; "" for standard output
}

// Reader reads the whole input once, and shows how far it came.
func (in *Stream) Reader(o *ui.IO, now func() time.Time) (r io.Reader, done func()) {
	if _, typed := in.Rest.(*stdinReader); typed && ui.IsTerminal(o.In) {
		return io.MultiReader(bytes.NewReader(in.Head), in.Rest), func() {}
	}
	p := o.Progress(text{JA: "「%s」を読んでいます", EN: "reading %s"}.With(in.Name), in.Size, now)
	return p.Reader(Cancellable(in.Ctx, io.MultiReader(bytes.NewReader(in.Head), in.Rest))), p.Done
}

func (in *Stream) Close() {
	if in.File != nil {
		in.File.Close()
	}
}

// Open opens a regular file for reading.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, Folder(path)
	}
	if !info.Mode().IsRegular() {
		return nil, Special(path)
	}
	return os.Open(path)
}

// Special is the problem of a pipe or a device where a file is wanted.
func Special(path string) *problem.Problem {
	return problem.New(problem.Input,
		text{JA: "「%s」は通常のファイルではありません。", EN: "%s is not a regular file."}.With(path),
		text{JA: "パイプなどの中身は「-」(標準入力)で渡してください。", EN: "Give what comes from a pipe as - (standard input)."})
}

// pipeTimeout is how long whoever writes into a pipe has for it.
const pipeTimeout = 30 * time.Second

// ReadSmall reads at most max bytes of a file. The file can be a pipe, for
// process substitution. The read ends with ctx, and after half a minute, even
// if nobody writes to the pipe.
func ReadSmall(ctx context.Context, path string, max int64) ([]byte, error) {
	return readSmall(ctx, path, max, pipeTimeout)
}

func readSmall(ctx context.Context, path string, max int64, limit time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, problem.New(problem.Input,
		text{JA: "「%s」から何も届きません。", EN: "Nothing comes from %s."}.With(path),
		text{JA: "パイプに書き込むはずのコマンドを確かめるか、ファイルに保存して指定してください。", EN: "Check the command that should write into the pipe, or name a file."}))
	defer cancel()
	return beside.Read(ctx, func() ([]byte, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, max))
	})
}

func Folder(path string) *problem.Problem {
	return problem.New(problem.Input,
		text{JA: "「%s」はフォルダーです。", EN: "%s is a directory."}.With(path),
		text{JA: "ファイルを指定してください。", EN: "Name a file."})
}

// Stdin reads standard input. It ends with ctx, also while nothing comes.
func Stdin(ctx context.Context, o *ui.IO) io.Reader {
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

// Cancellable makes a long read end with ctx.
func Cancellable(ctx context.Context, r io.Reader) io.Reader { return ctxReader{ctx, r} }

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

// Name is how a person reads the name of an input.
func Name(name string) text {
	if name == "-" {
		return text{JA: "標準入力", EN: "standard input"}
	}
	return i18n.Same(printable.Line(name))
}

// Whole describes the coverage of a signature over a whole input.
func Whole(name string) text {
	if name == "-" {
		return text{JA: "標準入力の全体", EN: "the whole of standard input"}
	}
	return text{JA: "「%s」の全体", EN: "the whole of %s"}.With(name)
}

// CancellableAt is [Cancellable] for a file that is read anywhere.
func CancellableAt(ctx context.Context, r io.ReaderAt) io.ReaderAt { return ctxReaderAt{ctx, r} }

type ctxReaderAt struct {
	ctx context.Context
	r   io.ReaderAt
}

func (c ctxReaderAt) ReadAt(b []byte, at int64) (int, error) {
	if err := context.Cause(c.ctx); err != nil {
		return 0, err
	}
	return c.r.ReadAt(b, at)
}
