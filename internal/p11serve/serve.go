// Package p11serve serves a key of the card to programs: over the connection on
// which p11-kit has started this program, or on a socket. It finds the card,
// asks the person for the PIN, and limits the life of a server. Package token
// answers the requests of the programs.
package p11serve

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/jpki-tools/jpki/internal/cards"
	"github.com/jpki-tools/jpki/internal/p11host"
	"github.com/jpki-tools/jpki/internal/p11rpc"
	"github.com/jpki-tools/jpki/internal/sshagent"
	"github.com/jpki-tools/jpki/internal/token"
	"github.com/jpki-tools/jpki/internal/unlock"
)

// Server serves a slot to programs.
type Server struct {
	Slot    *token.Slot // its Reader is [Reader]'s
	Asking  token.Asking
	Unlock  *unlock.Options
	Cards   *cards.Opener
	Version p11rpc.Version
	Report  func(error) // tells the person, one at a time

	reporting sync.Mutex
}

// serve serves one program until its connection ends.
func (s *Server) serve(ctx context.Context, conn io.ReadWriter, who p11host.Program) error {
	client := &token.Client{Slot: s.Slot, Asking: s.Asking, Version: s.Version, Owner: &owner{server: s, who: who}}
	defer client.Close()
	return p11rpc.Serve(ctx, conn, client)
}

// Stdio serves the program that has started this one, at the other end of in
// and out. It ends with that program, whoever else still holds the connection.
func (s *Server) Stdio(ctx context.Context, in, out *os.File) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.Slot.Close()
	var conn io.ReadWriter = struct {
		io.Reader
		io.Writer
	}{in, out}
	who, _, err := p11host.Peer(int(in.Fd()))
	if err != nil { // a pipe
		who = p11host.Named(os.Getppid())
	} else if c, err := net.FileConn(in); err == nil {
		defer c.Close()
		conn = c
	}
	if who.PID > 1 {
		go func() {
			p11host.WaitForExit(ctx, who.PID)
			cancel()
		}()
	}
	err = s.serve(ctx, conn, who)
	if ctx.Err() != nil {
		return nil // there is nobody to be told
	}
	return err
}

// Listen serves every program of this user that connects to the socket at path,
// until ctx ends. Where systemd has handed a socket over, it is that one.
func (s *Server) Listen(ctx context.Context, path string) error {
	l, err := p11host.Inherited(s.Cards.Env.Getenv)
	if err == nil && l == nil {
		if path, err = filepath.Abs(path); err == nil {
			l, err = sshagent.Listen(path)
		}
	}
	if err != nil {
		return err
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	defer s.Slot.Close()
	var programs sync.WaitGroup
	defer programs.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		programs.Go(func() {
			defer conn.Close()
			socket, ok := conn.(*net.UnixConn)
			if !ok {
				return
			}
			who, uid, err := p11host.PeerOf(socket)
			if err == nil && uid == os.Getuid() {
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				_ = s.serve(ctx, conn, who)
			}
		})
	}
}

// report tells the person.
func (s *Server) report(err error) {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	s.Report(err)
}
