//go:build foreign

package witness

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestHabits finds the readers that show another document after each inexact
// update. Its results are the table in the package documentation. It runs only
// if JPKI_WITNESS_HABITS is set.
func TestHabits(t *testing.T) {
	if os.Getenv("JPKI_WITNESS_HABITS") == "" {
		t.Skip("JPKI_WITNESS_HABITS is not set")
	}
	nodeModules = modules(t)
	v := &views{t.TempDir(), map[[32]byte][]view{}}
	for _, name := range []string{"in a gap", "before the section", "behind %%EOF", "in a certificate, behind a line end", "in a certificate", "in a string of the validation data", "in a comment", "in a comment in an object", "an older revision"} {
		for _, s := range []structure{table, stream} {
			var names []string
			var contents [][]byte
			c := carriers[slices.IndexFunc(carriers, func(c carrier) bool { return c.name == name })]
			for _, tw := range tweaks() {
				if tw.tables && s == stream || tw.stream && s == table {
					continue
				}
				f := c.carrying(s, approval)
				u := update{objects: f.validation(string(signing().Certificate.Raw))}
				if c.later != nil {
					c.later(f, &u, hiddenIn(f))
				}
				tw.do(f, &u)
				g := f.apply(u)
				names = append(names, tw.name)
				contents = append(contents, g.data[:g.signed[0]], g.data)
			}
			v.look(t, contents)
			for i, tw := range names {
				var who []string
				for _, d := range v.differences(contents[2*i], contents[2*i+1]) {
					reader, rest, _ := strings.Cut(d, ":")
					switch {
					case strings.HasSuffix(rest, string(cannotOpen)):
						reader += "(refuses)"
					case !strings.Contains(rest, "999") && reader != "ghostscript":
						reader += "(otherwise)"
					}
					who = append(who, reader)
				}
				fmt.Printf("%s | %s | %s | %s\n", s, name, tw, strings.Join(who, " "))
			}
		}
	}
}
