package signcmd

import (
	"errors"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/env"
	"github.com/jpki-tools/jpki/internal/judging"
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

// TestUnreadableStamp: the output calls an unreadable timestamp unreadable, and
// does not show the parser's error.
func TestUnreadableStamp(t *testing.T) {
	bad := judging.Stamp{Err: &cms.Failure{Code: cms.FormatFailure, Detail: "version 7"}}
	if got := stampReason(bad); got.JA != "読めません" || got.EN != "it cannot be read" {
		t.Errorf("%+v: %v", bad, got)
	}
}
