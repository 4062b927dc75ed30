// Package testkit has helpers for the tests of several packages. The program
// does not import it.
package testkit

import "testing"

// Must ends a test that cannot go on after err.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
