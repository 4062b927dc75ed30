package logincmd

import (
	"path/filepath"
	"strings"
)

const homeVariable = "USERPROFILE"

// systemSSH is the folder of OpenSSH's settings for every user.
func systemSSH(getenv func(string) string) string { return filepath.Join(getenv("ProgramData"), "ssh") }

// socketLine is for PowerShell.
func socketLine(path string) string {
	return "$env:SSH_AUTH_SOCK = '" + strings.ReplaceAll(path, "'", "''") + "'"
}
