//go:build foreign

package witness

import (
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine runs the program on some of the cases. Its exit status must
// match the library's verdict.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "jpki")
	build := exec.Command("go", "build", "-o", program, "github.com/jpki-tools/jpki/cmd/jpki")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	ca, path := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "f.pdf")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signing().CA[0].Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	statuses := map[verdict]int{}
	const each = 8
	all(func(k testCase) {
		// The program also judges the authority of a timestamp, so skip these
		// cases.
		if k.number()%97 != 0 || strings.Contains(k.name, "timestamp") {
			return
		}
		data := k.build().data
		want, _, why := judge(data)
		if statuses[want] == each {
			return
		}
		statuses[want]++
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "verify", "--ca", ca, "--json", path)
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_STATE_HOME="+dir)
		said, err := cmd.CombinedOutput()
		status := 0
		if exit, is := errors.AsType[*exec.ExitError](err); is {
			status = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != int(want) {
			keep(t, k, data)
			t.Errorf("%s: exit %d, the library says %d: %s\n%s", k.name, status, want, why, said)
		}
	})
	for _, v := range []verdict{genuine, damaged, shown, invalid, undecided} {
		if statuses[v] < each {
			t.Errorf("%d cases of verdict %d", statuses[v], v)
		}
	}
}
