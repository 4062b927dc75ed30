package signcmd

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cms"
)

type fullDisk struct{}

var errFullDisk = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFullDisk }

// TestReportThatCannotBeWritten: is no success, in words or as JSON.
func TestReportThatCannotBeWritten(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		a := &command.App{IO: &ui.IO{Out: fullDisk{}}, Env: env.Env{Now: time.Now}, JSON: asJSON}
		report := newVerifyReport(t.Context(), a, &verifyOptions{}, false, true)
		if err := report.add(judging.FileVerdict{File: "a", Err: errors.New("unreadable")}); !errors.Is(err, errFullDisk) {
			t.Errorf("JSON %v: a file: %v", asJSON, err)
		}
		if err := report.end([]string{"b"}); !errors.Is(err, errFullDisk) {
			t.Errorf("JSON %v: the end: %v", asJSON, err)
		}
	}
}

// TestNotMade: a result that could not be written is told with the option that
// names it, and other errors as they are.
func TestNotMade(t *testing.T) {
	full := &output.Error{Path: "page.html", Reason: output.ErrNoSpace}
	got := notMade(full, "--report")
	if p, ok := problem.As(got); !ok || !errors.Is(got, full) || !strings.Contains(p.Next.JA, "--report") || !strings.Contains(p.Next.EN, "--report") {
		t.Errorf("a full disk: %v", got)
	}
	if got := notMade(errFullDisk, "--report"); !errors.Is(got, errFullDisk) || got.Error() != errFullDisk.Error() {
		t.Errorf("another error: %v", got)
	}
	if got := notMade(nil, "--report"); got != nil {
		t.Errorf("no error: %v", got)
	}
}

// TestUnreadableStamp: the output calls an unreadable timestamp unreadable, and
// does not show the parser's error.
func TestUnreadableStamp(t *testing.T) {
	bad := judging.Stamp{Err: &cms.Failure{Code: cms.FormatFailure, Detail: "version 7"}}
	if got := stampReason(bad); got.JA != "読めません" || got.EN != "it cannot be read" {
		t.Errorf("%+v: %v", bad, got)
	}
}
