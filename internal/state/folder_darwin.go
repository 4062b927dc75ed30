package state

// userFolder is ~/Library/Application Support/jpki.
func userFolder(getenv func(string) string) (string, error) {
	return under(getenv, "HOME", "Library", "Application Support", "jpki")
}
