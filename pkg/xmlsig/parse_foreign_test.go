//go:build foreign

package xmlsig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRefusalsAgainstXmllint damages documents and compares with xmllint: both
// must accept, or both must refuse.
func TestRefusalsAgainstXmllint(t *testing.T) {
	const documents, batch = 9000, 300
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(5, 5))
	pieces := []string{"<", ">", "&", "/", "=", "'", "\"", "]]>", "--", "<?", "?>", "<!--", "-->", "<![CDATA[", "&#0;", "&#x1F;", "&lt", "&#xD800;", "&lt;",
		":", "xmlns:", "xmlns=''", "xml", "\x00", "\x0b", "\uFFFE", "\xff", "\xed\xa0\x80", "p:", " ", "Id=", "1", "-", "é", "\u0300", "<a/>", "</a>", "<?xml version='1.0'?>"}
	// libxml2 also complains of what is no error: URIs that it does not like.
	complaint := regexp.MustCompile(`(?m)^(\S+\.xml):\d+: (parser|namespace) error : (.*)$`)
	// What libxml2 takes all the same: a zero byte behind the root, for which it
	// stops reading, versions and encodings that nobody has, no space in a declaration.
	lax := regexp.MustCompile(`U\+0000|malformed XML declaration|XML version|encoding ".*" is not one of`)
	var texts, names []string
	for i := range documents {
		g := newGenerator(i)
		g.names = []string{"x", "y", "a.b", "名"}
		b := []byte(g.document())
		for range 1 + random.IntN(2) {
			at, piece := random.IntN(len(b)+1), pieces[random.IntN(len(pieces))]
			switch random.IntN(3) {
			case 0:
				b = slices.Insert(b, at, []byte(piece)...)
			case 1:
				b = slices.Delete(b, at, min(len(b), at+1+random.IntN(3)))
			default:
				b = slices.Concat(b[:at], []byte(piece), b[min(len(b), at+len(piece)):])
			}
			if len(b) == 0 {
				b = []byte("<")
			}
		}
		texts = append(texts, string(b))
		names = append(names, filepath.Join(dir, fmt.Sprintf("%05d.xml", i)))
		if err := os.WriteFile(names[i], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	accepted, differ := 0, 0
	for from := 0; from < documents; from += batch {
		out, _ := exec.Command("xmllint", append([]string{"--noout", "--nonet"}, names[from:from+batch]...)...).CombinedOutput()
		refused := map[string]string{}
		for _, m := range complaint.FindAllStringSubmatch(string(out), -1) {
			if !strings.Contains(m[3], "is not a valid URI") {
				refused[m[1]] = m[3]
			}
		}
		for i := from; i < from+batch; i++ {
			_, err := Parse([]byte(texts[i]))
			why, theirs := refused[names[i]]
			if err == nil {
				accepted++
			}
			if (err != nil) == theirs || err != nil && lax.MatchString(err.Error()) {
				continue
			}
			if differ++; differ < 40 {
				t.Errorf("ours: %v, theirs: %q\n%q", err, why, texts[i])
			}
		}
	}
	t.Logf("%d of %d read by both", accepted, documents)
	if accepted < documents/20 || accepted > documents/2 {
		t.Errorf("%d of %d accepted: too few or too many to compare", accepted, documents)
	}
}
