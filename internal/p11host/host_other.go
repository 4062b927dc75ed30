//go:build !linux && !darwin

package p11host

import (
	"context"
	"net"
)

// Peer is not supported here.
func Peer(int) (Program, int, error) { return Program{}, 0, errNotSocket }

// PeerOf is not supported here.
func PeerOf(*net.UnixConn) (Program, int, error) { return Program{}, 0, errNotSocket }

// Named knows only the process number here.
func Named(pid int) Program { return Program{PID: pid} }

func waitFor(context.Context, int) bool { return true }

func alive(int) bool { return true }
