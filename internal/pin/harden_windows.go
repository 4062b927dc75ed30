package pin

// Harden has nothing to do: the Go runtime ends a program that crashes itself,
// and leaves it to Windows Error Reporting only where GOTRACEBACK=wer asks for
// that.
func Harden() error { return nil }
