//go:build unix

package logincmd

import "strings"

const homeVariable = "HOME"

// systemSSH is the folder of OpenSSH's settings for every user.
func systemSSH(func(string) string) string { return "/etc/ssh" }

// socketLine is for a shell's eval, as ssh-agent writes it.
func socketLine(path string) string {
	return "SSH_AUTH_SOCK='" + strings.ReplaceAll(path, "'", `'\''`) + "'; export SSH_AUTH_SOCK;"
}
