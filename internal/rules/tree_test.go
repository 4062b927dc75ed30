package rules

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// maxFile is the largest size of a file in the repository, in bytes.
const maxFile = 512 << 10

// demoKeys is the only file with private keys: those of the demo cards. It says
// that they protect nothing.
const demoKeys = "pkg/virtualcard/demo_keys.pem"

// TestTree shows that no file of the repository is too large, a generated
// binary, or a private key other than the demo keys.
func TestTree(t *testing.T) {
	keys := 0
	for _, name := range tracked(t) {
		data, err := os.ReadFile(filepath.Join("..", "..", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > maxFile {
			t.Errorf("%s has %d KiB", name, len(data)>>10)
		}
		if kind := binary(data); kind != "" {
			t.Errorf("%s is a generated binary (%s)", name, kind)
		}
		if n := privateKeys(data); n > 0 && name != demoKeys {
			t.Errorf("%s holds a private key", name)
		} else if n > 0 && !bytes.Contains(bytes.ToUpper(data), []byte("DEMO")) {
			t.Errorf("%s does not say DEMO", name)
		} else {
			keys += n
		}
	}
	if keys != 4 {
		t.Errorf("%d demo keys were found, not 4: this test does not see keys", keys)
	}
}

func tracked(t *testing.T) []string {
	t.Helper()
	// The checkout can belong to somebody else when root runs the tests.
	cmd := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "--full-name", "../..")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(names) < 100 {
		t.Fatalf("git knows %d files", len(names))
	}
	return names
}

// binary names the kind of a file that begins like a program, a library or an
// archive.
func binary(data []byte) string {
	for magic, kind := range map[string]string{
		"\x7FELF": "ELF", "MZ\x90\x00": "PE", "\xCF\xFA\xED\xFE": "Mach-O", "\xCA\xFE\xBA\xBE": "Java or Mach-O",
		"!<arch>\n": "ar", "PK\x03\x04": "zip", "\x1F\x8B": "gzip", "\xFD7zXZ\x00": "xz", "\x28\xB5\x2F\xFD": "zstd",
	} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return kind
		}
	}
	return ""
}

// privateKeys counts the private keys in a file, in PEM or DER.
func privateKeys(data []byte) (n int) {
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			n++
		}
	}
	_, pkcs8 := x509.ParsePKCS8PrivateKey(data)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(data)
	_, ec := x509.ParseECPrivateKey(data)
	if pkcs8 == nil || pkcs1 == nil || ec == nil {
		n++
	}
	return n
}
