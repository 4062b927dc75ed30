package state

import "os"

// userFolder is %LocalAppData%\jpki: it stays on this computer, as the reader does.
func userFolder(getenv func(string) string) (string, error) {
	return under(getenv, "LocalAppData", "jpki")
}

// checkOwner has nothing to do: a user's folders are closed to other users by
// the access list that they inherit from the profile.
func checkOwner(string, os.FileInfo) error { return nil }
