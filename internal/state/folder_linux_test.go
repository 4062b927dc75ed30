package state

import (
	"errors"
	"testing"
)

func TestFolder(t *testing.T) {
	for _, c := range []struct{ xdg, home, want string }{
		{"", "/home/hanako", "/home/hanako/.local/state/jpki"},
		{"/var/state", "/home/hanako", "/var/state/jpki"},
		{"/var/state", "", "/var/state/jpki"},
		{"state", "/home/hanako", "/home/hanako/.local/state/jpki"},
		{"", "", ""},
		{"", "hanako", ""},
		{"state", "", ""},
	} {
		env := map[string]string{"XDG_STATE_HOME": c.xdg, "HOME": c.home}
		s, err := Open(func(name string) string { return env[name] })
		if c.want == "" {
			wantReason(t, err, "HOME", ErrNoHome)
			continue
		}
		if err != nil || s.Path() != c.want {
			t.Errorf("XDG_STATE_HOME=%q HOME=%q: %v, %v, want %s", c.xdg, c.home, s, err, c.want)
		}
	}
	if _, err := Open(func(string) string { return "" }); !errors.Is(err, ErrNoHome) {
		t.Error(err)
	}
}
