package pin

import (
	"context"
	"io"
	"runtime"

	"github.com/jpki-tools/jpki/internal/beside"
	"github.com/jpki-tools/jpki/internal/shellwords"
)

// Secret reads a password that is no PIN, as of an account with a service: the
// first line of a private file, or of a command's output. One of the two is "".
// The caller overwrites it. The errors are those of [Choose] and of
// [Sources.Current].
func Secret(ctx context.Context, file, command string, stderr io.Writer) ([]byte, error) {
	var text []byte
	var err error
	if file != "" {
		text, err = PrivateFile(ctx, file)
	} else {
		var split []string
		if split, err = shellwords.Split(command); err != nil {
			return nil, usage(Command, ErrBadCommand, err)
		}
		text, err = readCommand(ctx, commandTimeout, split, stderr)
		err = lostBackslashes(runtime.GOOS, command, err)
	}
	if err != nil {
		return nil, err
	}
	defer clear(text)
	for i, c := range text {
		if c == '\n' {
			text = text[:i+1]
			break
		}
	}
	secret := line(text)
	if len(secret) == 0 {
		return nil, RuleEmpty
	}
	return secret, nil
}

// PrivateFile reads a file of up to 4 KiB that nobody else can read, as
// --pin-file has it.
func PrivateFile(ctx context.Context, path string) ([]byte, error) {
	return beside.Read(ctx, func() ([]byte, error) { return readFile(path, checkPrivate) })
}
