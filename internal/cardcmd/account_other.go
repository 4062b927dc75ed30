//go:build !linux

package cardcmd

import (
	"os/user"
	"strings"
)

// account is the name of the user, empty where it is not known.
func account() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // behind the domain of Windows
}
