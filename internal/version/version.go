// Package version returns the version of the program, and the build settings
// recorded by the Go toolchain.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Number is set by the release build.
var Number = "0.1.0-dev"

const Platform = runtime.GOOS + "/" + runtime.GOARCH

// Text is the version as a person reads it.
func Text() string {
	commit := Setting("vcs.revision")
	if commit != "" {
		commit = " (" + commit[:min(12, len(commit))] + ")"
	}
	return fmt.Sprintf("jpki %s%s %s %s", Number, commit, Platform, runtime.Version())
}

// Setting returns a build setting recorded by the Go toolchain, "" if there is
// none.
func Setting(key string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == key {
				return s.Value
			}
		}
	}
	return ""
}
