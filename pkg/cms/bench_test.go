package cms

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bench is a folder with the files that another program needs, by name.
type bench struct {
	t   testing.TB
	dir string
}

func newBench(t testing.TB) bench {
	t.Helper()
	b := bench{t, t.TempDir()}
	p := fixture()
	b.write("content", []byte(content))
	b.write("changed", []byte(content+" "))
	b.write("ca.pem", certPEM(p.ca.cert))
	for name, h := range map[string]holder{"rsa": p.rsa, "p256": p.p256, "p384": p.p384, "short": p.shortRSA} {
		key, err := x509.MarshalPKCS8PrivateKey(h.key)
		if err != nil {
			t.Fatal(err)
		}
		b.write(name+".pem", certPEM(h.cert))
		b.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	}
	return b
}

func certPEM(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

func (b bench) write(name string, data []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b bench) read(name string) []byte {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// run runs a program in the folder. A missing program fails the test; a failing
// one is an error.
func (b bench) run(command string) error {
	b.t.Helper()
	if runtime.GOOS == "windows" {
		b.t.Skip("openssl judges on Linux")
	}
	args := strings.Fields(command)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatalf("%s is needed: %v", args[0], err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return nil
}

func (b bench) must(command string) {
	b.t.Helper()
	if err := b.run(command); err != nil {
		b.t.Fatal(err)
	}
}
