package state

import "path/filepath"

// userFolder is $XDG_STATE_HOME/jpki, or ~/.local/state/jpki: the XDG base
// directory specification, which has relative paths ignored.
func userFolder(getenv func(string) string) (string, error) {
	if base := getenv("XDG_STATE_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "jpki"), nil
	}
	return under(getenv, "HOME", ".local", "state", "jpki")
}
