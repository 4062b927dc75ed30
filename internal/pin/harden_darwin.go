package pin

// Harden keeps this program's memory, in which a PIN may be, out of core dumps.
func Harden() error { return forbidCores() }
