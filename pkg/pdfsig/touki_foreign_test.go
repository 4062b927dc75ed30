//go:build foreign

package pdfsig

import (
	"slices"
	"testing"
)

// TestSavedAgainByOthers has common programs rewrite a signed file. Only the
// ByteRange then fails, and the signer can still be read.
func TestSavedAgainByOthers(t *testing.T) {
	b := newBench(t)
	for _, k := range []kind{table, stream, hybrid} {
		b.write("signed.pdf", mustSign(t, formFile(k), Options{}))
		for _, command := range []string{
			"qpdf signed.pdf again.pdf",
			"qpdf --linearize signed.pdf again.pdf",
			"qpdf --object-streams=generate signed.pdf again.pdf",
			"mutool clean signed.pdf again.pdf",
			"mutool clean -gggg signed.pdf again.pdf",
		} {
			b.must(command)
			s := mustVerify(t, b.read("again.pdf")).Signatures[0]
			if c := s.ClaimedSigner(); !s.SavedAgain() || c == nil || !c.Equal(signer().Certificate) {
				t.Errorf("%v, %s: saved again %v, signer %v: %v", k, command, s.SavedAgain(), c, s.Err())
			}
			if not := answered(s.Touki(), NotMet); !slices.Equal(not, []ToukiItem{ToukiByteRange}) {
				t.Errorf("%v, %s: not met: %v", k, command, not)
			}
		}
	}
}
