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
	if a.json {
		return a.io.JSON(struct {
			Schema   string `json:"schema"`
			Version  string `json:"version"`
			Commit   string `json:"commit"`
			Platform string `json:"platform"`
			Go       string `json:"go"`
		}{"jpki.version/v1", version, buildSetting("vcs.revision"), platform, runtime.Version()})
	}
	_, err := fmt.Fprintln(a.io.Out, versionText())
	return err
}

const platform = runtime.GOOS + "/" + runtime.GOARCH

// versionText is the version as a person reads it.
func versionText() string {
	commit := buildSetting("vcs.revision")
	if commit != "" {
		commit = " (" + commit[:min(12, len(commit))] + ")"
	}
	return fmt.Sprintf("jpki %s%s %s %s", version, commit, platform, runtime.Version())
}

// buildSetting is what the Go toolchain noted of the build, "" if nothing.
func buildSetting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
