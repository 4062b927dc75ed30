package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the release build.
var version = "0.1.0-dev"

func (a *app) newVersion() *cobra.Command {
	return a.command(command{
		use:   "version",
		short: text{JA: "版を表示する", EN: "show the version"},
		args:  a.noArgs(),
		run:   func(context.Context, []string) error { return a.version() },
	})
}

func (a *app) version() error {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	if a.json {
		return a.writeJSON(a.io.Out, struct {
			Schema   string `json:"schema"`
			Version  string `json:"version"`
			Commit   string `json:"commit"`
			Platform string `json:"platform"`
			Go       string `json:"go"`
		}{"jpki.version/v1", version, commit, platform, runtime.Version()})
	}
	if commit != "" {
		commit = " (" + commit[:min(12, len(commit))] + ")"
	}
	_, err := fmt.Fprintf(a.io.Out, "jpki %s%s %s %s\n", version, commit, platform, runtime.Version())
	return err
}
