//go:build unix

package sshagent

import (
	"net"
	"path/filepath"
	"testing"
)

func newSocket(t testing.TB) string { return filepath.Join(t.TempDir(), "s") }

func dialSocket(path string) (net.Conn, error) { return net.Dial("unix", path) }
