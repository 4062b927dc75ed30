//go:build !windows

package main

import "errors"

// open is for Windows: elsewhere an open file is in nobody's way.
func open(string, bool) error { return errors.ErrUnsupported }
