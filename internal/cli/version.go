package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/version"
)

func newVersion(a *command.App) *cobra.Command {
	return a.New(command.Spec{
		Use:   "version",
		Short: text{JA: "バージョンを表示する", EN: "show the version"},
		Args:  a.NoArgs(),
		Run:   func(context.Context, []string) error { return runVersion(a) },
	})
}

func runVersion(a *command.App) error {
	if a.JSON {
		return a.IO.JSON(struct {
			Schema   string `json:"schema"`
			Version  string `json:"version"`
			Commit   string `json:"commit"`
			Platform string `json:"platform"`
			Go       string `json:"go"`
		}{"jpki.version/v1", version.Number, version.Setting("vcs.revision"), version.Platform, runtime.Version()})
	}
	_, err := fmt.Fprintln(a.IO.Out, version.Text())
	return err
}
