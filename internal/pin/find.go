package pin

import (
	"os/exec"
	"runtime"
)

// FindPinentry is the pinentry that asks in a window on this person's screen;
// empty where there is no screen, or no such program.
func FindPinentry(getenv func(string) string) string {
	name := "pinentry"
	switch {
	case runtime.GOOS == "darwin":
		name = "pinentry-mac"
	case getenv("WAYLAND_DISPLAY") == "" && getenv("DISPLAY") == "":
		return ""
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}
