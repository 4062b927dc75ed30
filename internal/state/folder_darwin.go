package state

// Folder is ~/Library/Application Support/jpki.
func Folder(getenv func(string) string) (string, error) {
	return under(getenv, "HOME", "Library", "Application Support", "jpki")
}
