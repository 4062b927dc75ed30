package sshagent

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

const pipes = `\\.\pipe\`

// DefaultPath is the name of a pipe of jpki's, which is not the one of Windows'
// own agent.
func DefaultPath(func(string) string) string { return pipes + "jpki-ssh-agent" }

// Listen makes a named pipe that only this user can connect to. One that
// exists is [ErrRunning]. The error is a *[ListenError].
func Listen(path string) (net.Listener, error) {
	fail := func(reason, err error) (net.Listener, error) { return nil, &ListenError{path, reason, err} }
	if !strings.HasPrefix(strings.ToLower(path), pipes) {
		return fail(ErrPath, nil)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return fail(ErrListening, err)
	}
	l, err := winio.ListenPipe(path, &winio.PipeConfig{
		// Its owner, and nobody over the network.
		SecurityDescriptor: "D:P(D;;GA;;;NU)(A;;GA;;;" + user.User.Sid.String() + ")",
	})
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return fail(ErrRunning, err) // the first instance is somebody's
	}
	if err != nil {
		return fail(ErrListening, err)
	}
	return l, nil
}

// dialPath connects to the pipe of an agent.
func dialPath(ctx context.Context, path string) (net.Conn, error) {
	return winio.DialPipeContext(ctx, path)
}
