//go:build pcscd && !cgo && linux

package pcsc

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestPCSCNoLibrary shows that a program starts without the library and reports
// it as missing.
func TestPCSCNoLibrary(t *testing.T) {
	if _, err := loadBackend(); err != nil {
		t.Fatal(err)
	}
	maps, err := os.ReadFile("/proc/self/maps")
	must(t, err)
	library := regexp.MustCompile(`/\S*/libpcsclite\S*`).FindString(string(maps))
	if library == "" {
		t.Fatal("the library is nowhere to be seen")
	}
	// In a mount namespace where the library is an empty file.
	cmd := exec.Command("unshare", "--mount", "sh", "-c", `mount --bind /dev/null "$1" && exec "$2"`,
		"sh", library, os.Args[0])
	cmd.Env = append(os.Environ(), "PCSC_TEST_PROGRAM=hold")
	said, err := cmd.CombinedOutput()
	if err == nil || !strings.HasPrefix(string(said), "pcsc: "+ErrNoLibrary.Error()+": ") ||
		!strings.Contains(string(said), "libpcsclite.so.1") {
		t.Errorf("%q, %v", said, err)
	}
}
