package sshagent

import (
	"crypto/rand"
	"net"
	"testing"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
)

// newSocket is the name of a pipe. In Wine the test ends here: the completion
// port of go-winio hears there of no client.
func newSocket(t testing.TB) string {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("pipes with a completion port do not work in Wine")
	}
	return pipes + "jpki-test-" + rand.Text()
}

func dialSocket(path string) (net.Conn, error) { return winio.DialPipe(path, nil) }
