package cardcmd

import (
	"cmp"
	"os"
	"strconv"
	"strings"
)

// account is the name of the user, empty where it is not known. It is looked up
// in the file alone: the C library, which os/user asks where cgo is there, asks
// services and directories, perhaps over the network.
func account() string {
	accounts, _ := os.ReadFile("/etc/passwd")
	return cmp.Or(accountName(string(accounts), os.Getuid()), os.Getenv("USER"), os.Getenv("LOGNAME"))
}

// accountName finds the name of a user in a passwd(5) file.
func accountName(accounts string, id int) string {
	for line := range strings.Lines(accounts) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[2] == strconv.Itoa(id) {
			return fields[0]
		}
	}
	return ""
}
