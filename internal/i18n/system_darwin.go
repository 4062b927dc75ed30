package i18n

import (
	"os/exec"
	"strings"
)

// System gives the language the person chose for macOS; a terminal there may
// set no locale.
func System() string {
	out, err := exec.Command("/usr/bin/defaults", "read", "-g", "AppleLocale").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
