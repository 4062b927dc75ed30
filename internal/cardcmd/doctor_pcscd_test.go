//go:build pcscd

package cardcmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jpki-tools/jpki/internal/testkit"
)

// TestDoctorOnTheStack shows that doctor reports what is present and what is
// missing on a real PC/SC stack.
func TestDoctorOnTheStack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jpki")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/jpki-tools/jpki/cmd/jpki").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	doctor := func(exit int, finding string) {
		t.Helper()
		cmd := exec.Command(path, "doctor", "--json")
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "JPKI_LANG=en", "LANG=C.UTF-8"}
		out, _ := cmd.Output()
		var doc diagnosesJSON
		testkit.Must(t, json.Unmarshal(out, &doc))
		if got := cmd.ProcessState.ExitCode(); got != exit || doc.OK != (exit == 0) {
			t.Errorf("exit %d, want %d", got, exit)
		}
		if !slices.ContainsFunc(doc.Findings, func(d diagnosisJSON) bool { return d.Finding == finding }) {
			t.Errorf("no %s in %s", finding, out)
		}
	}
	doctor(4, "no-card")
	pull := vpcdCard(t, newVirtualCard(t, "adult"))
	doctor(0, "certificates")
	pull()
	pull = vpcdCard(t, newVirtualCard(t, "expired"))
	doctor(8, "expired")
	pull()
	args := stopPCSCD(t)
	doctor(3, "not-running")
	startPCSCD(t, args)
	doctor(4, "no-card")
}
