//go:build !windows

package output

import "os"

// moveClaimed takes the name with an empty file that is made only if there was
// none, and renames temp over it. It is the last resort, for file systems that
// can neither link nor rename without replacing: a crash between the two steps
// leaves the empty file.
func moveClaimed(temp, target string) error {
	claim, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_ = claim.Close()
	if err := os.Rename(temp, target); err != nil {
		_ = os.Remove(target)
		return err
	}
	return nil
}
