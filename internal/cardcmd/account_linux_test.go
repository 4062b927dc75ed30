package cardcmd

import (
	"os"
	"os/user"
	"testing"
)

func TestAccountName(t *testing.T) {
	const accounts = "root:x:0:0:root:/root:/bin/bash\nbroken:1000\n\n1000:x:1:1::/:/bin/sh\ntaro:x:1000:100:Taro,,,:/home/taro:/bin/bash"
	for id, want := range map[int]string{0: "root", 1: "1000", 1000: "taro", 100: ""} {
		if got := accountName(accounts, id); got != want {
			t.Errorf("%d is %q, not %q", id, got, want)
		}
	}
}

// TestAccount shows that a user in the passwd file gets the name that the
// system has for the user.
func TestAccount(t *testing.T) {
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	if accountName(string(accounts), os.Getuid()) != "" && account() != u.Username {
		t.Errorf("%q, not %q", account(), u.Username)
	}
}
