//go:build foreign

package witness

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// share returns the part of the cases to run, in addition to one of each kind: one
// in so many cases, and the number of the first. JPKI_WITNESS_SHARE sets it, for
// example to 10 or 10:3; 1 runs all cases.
func share(t *testing.T) (one, from uint32) {
	value := os.Getenv("JPKI_WITNESS_SHARE")
	if value == "" {
		return 100, 0
	}
	if n, _ := fmt.Sscanf(value, "%d:%d", &one, &from); n == 0 || one == 0 || from >= one {
		t.Fatalf("JPKI_WITNESS_SHARE=%s", value)
	}
	return one, from
}

// only selects cases by name.
func only(t *testing.T) *regexp.Regexp {
	picks, err := regexp.Compile(os.Getenv("JPKI_WITNESS_RUN"))
	if err != nil {
		t.Fatalf("JPKI_WITNESS_RUN: %v", err)
	}
	return picks
}

// chosen returns the cases to run.
func chosen(t *testing.T) (cases []testCase) {
	only := only(t)
	one, from := share(t)
	first := map[string]uint32{} // the smallest number of each kind
	seen := map[string]bool{}
	all(func(k testCase) {
		if seen[k.name] {
			t.Fatalf("two cases %q", k.name)
		}
		seen[k.name] = true
		if least, ok := first[k.kind]; !ok || k.number() < least {
			first[k.kind] = k.number()
		}
	})
	all(func(k testCase) {
		if only.MatchString(k.name) && (k.number()%one == from || k.number() == first[k.kind]) {
			cases = append(cases, k)
		}
	})
	t.Logf("%d of %d cases, %d kinds", len(cases), len(seen), len(first))
	return cases
}

// TestOneReading compares verdicts with the display in readers.
func TestOneReading(t *testing.T) {
	nodeModules = modules(t)
	v := &views{t.TempDir(), map[[32]byte][]view{}}
	tally := &tally{verdicts: map[verdict]int{}, differs: map[string]int{}}
	const together = 250
	cases := chosen(t)
	for len(cases) > 0 {
		n := min(together, len(cases))
		witness(t, v, cases[:n], tally)
		cases = cases[n:]
	}
	t.Logf("verdicts: %v; shown otherwise by %v", tally.verdicts, tally.differs)
}

// tally counts verdicts, and for each reader the displays that differ from the
// signed one.
type tally struct {
	verdicts map[verdict]int
	differs  map[string]int
}

// witness checks some cases.
func witness(t *testing.T, v *views, cases []testCase, tally *tally) {
	var contents [][]byte
	for _, k := range cases {
		f := k.build()
		contents = append(contents, f.data[:f.signed[0]], f.data)
	}
	v.look(t, contents)
	for i, k := range cases {
		then, now := contents[2*i], contents[2*i+1]
		tally.verdicts[k.check(t, v, then, now)]++
		for _, d := range v.differences(then, now) {
			reader, _, _ := strings.Cut(d, ":")
			tally.differs[reader]++
		}
	}
	v.forget(contents)
}

// check compares the verdict on a case with its readers.
func (k testCase) check(t *testing.T, v *views, then, now []byte) verdict {
	said, signatureShown, why := judge(now)
	differ := v.differences(then, now)
	wrong := ""
	switch none := v.unopened(then); {
	case len(none) > 0 && k.want.honest():
		wrong = fmt.Sprintf("what was signed is opened by all but %v (the generator or a witness is wrong)", none)
	case said == genuine && !signatureShown && len(differ) > 0:
		wrong = "called genuine, and readers show something else"
	case k.want == accepted && said != genuine, k.want == tolerated && said != genuine && said != undecided,
		k.want == shownToo && (said != genuine || !signatureShown), k.want == told && said != shown, k.want == forbidden && said != invalid:
		wrong = "an honest update is not judged so"
	case k.want == refused && said == genuine:
		wrong = "a hostile update is accepted"
	case k.want == accepted && len(differ) > 0:
		wrong = "an honest update shows something else (the generator is wrong)"
	case k.qpdf:
		if code, found := qpdf(t, now); code != 0 {
			wrong = "qpdf finds something in an honest update: " + found
		}
	}
	if wrong != "" {
		keep(t, k, now)
		t.Errorf("%s\n\t%s; wanted %s, verify says %d: %s\n\t%s", k.name, wrong, k.want, said, why, strings.Join(differ, "\n\t"))
	}
	return said
}

// forget drops the views of files that occur once.
func (v *views) forget(contents [][]byte) {
	for i := 1; i < len(contents); i += 2 {
		delete(v.known, sha256.Sum256(contents[i]))
	}
}

var unsafeName = regexp.MustCompile(`[^a-z0-9]+`)

// keep saves the file of a failed case in the folder JPKI_WITNESS_FOUND.
func keep(t *testing.T, k testCase, data []byte) {
	dir := os.Getenv("JPKI_WITNESS_FOUND")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, unsafeName.ReplaceAllString(strings.ToLower(k.name), "-")+".pdf"), data, 0o600); err != nil {
		t.Error(err)
	}
}
