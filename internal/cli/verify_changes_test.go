package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// appended is a PDF with an update after it. objects has the new objects by
// number; startxref is wrong by shift.
func appended(t *testing.T, file []byte, objects map[int]string, shift int) []byte {
	t.Helper()
	last := regexp.MustCompile(`startxref\s+(\d+)`).FindAllSubmatch(file, -1)
	out, table := bytes.NewBuffer(bytes.Clone(file)), &strings.Builder{}
	size := 100
	for n, body := range objects {
		fmt.Fprintf(table, "%d 1\n%010d 00000 n \n", n, out.Len())
		fmt.Fprintf(out, "%d 0 obj\n%s\nendobj\n", n, body)
		size = max(size, n+1)
	}
	at := out.Len()
	fmt.Fprintf(out, "xref\n%strailer\n<</Size %d /Root 1 0 R /Prev %s>>\nstartxref\n%d\n%%%%EOF\n", table, size, last[len(last)-1][1], at+shift)
	return out.Bytes()
}

// newest is the newest version of an object.
func newest(t *testing.T, file []byte, number int) string {
	t.Helper()
	all := regexp.MustCompile(fmt.Sprintf(`(?s)\n%d 0 obj\s(.*?)\s?endobj`, number)).FindAllSubmatch(file, -1)
	return string(all[len(all)-1][1])
}

// TestChangesAreTold appends something to a signed PDF and wants it told, with
// the exit status that it has by itself and with --unchanged.
func TestChangesAreTold(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Wine has no Japanese font")
	}
	w := newWorld(t, "en")
	w.write("a.pdf", samplePDF(t, w))
	if exit, out := w.run("sign --card demo --pin-stdin --profile pades a.pdf", virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	signed, err := os.ReadFile(w.path("a-signed.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	if exit, out := w.run("sign --card demo --pin-stdin --profile pades --visible=bottom-left -o twice.pdf a-signed.pdf", virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	twice, err := os.ReadFile(w.path("twice.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	page := newest(t, signed, 3)
	note := strings.Replace(page, "/Annots [", "/Annots [50 0 R ", 1)
	catalog := newest(t, signed, 1)
	catalog = catalog[:strings.LastIndex(catalog, ">>")]
	for name, c := range map[string]struct {
		file              []byte
		exit, unchanged   int
		kinds             []pdfsig.ChangeKind
		japanese, english string
	}{
		"nothing":            {signed, 0, 0, nil, "真正です", "Genuine"},
		"a line end":         {append(bytes.Clone(signed), '\n'), 0, 0, nil, "真正です", "Genuine"},
		"validation data":    {appended(t, signed, map[int]string{1: catalog + "/DSS 50 0 R>>", 50: "<</Type /DSS>>"}, 0), 0, 0, []pdfsig.ChangeKind{pdfsig.ChangeValidationData}, "検証用の情報", "validation data was added"},
		"a signature":        {twice, 0, 8, []pdfsig.ChangeKind{pdfsig.ChangeSignatureShown}, "紙面に表示される署名が追加されました(1ページ)", "a signature that shows on the page was added (page 1)"},
		"a note":             {appended(t, signed, map[int]string{3: note, 50: "<</Type /Annot /Subtype /Square /Rect [10 10 99 99]>>"}, 0), 7, 8, []pdfsig.ChangeKind{pdfsig.ChangeAnnotation}, "あとから追加されたものも表示されます", "more is shown now"},
		"another page":       {appended(t, signed, map[int]string{3: strings.Replace(page, "842", "84", 1)}, 0), 8, 8, []pdfsig.ChangeKind{pdfsig.ChangeContent}, "内容が変えられました(1ページ、/MediaBox)", "content was changed (page 1, /MediaBox)"},
		"something inexact":  {appended(t, signed, map[int]string{50: "null"}, 1), 9, 9, []pdfsig.ChangeKind{pdfsig.ChangeMetadata}, "何が追加されたかは判定できません", "what was added cannot be told"},
		"nothing that shows": {appended(t, signed, map[int]string{50: "null", 51: "(x)"}, 0), 0, 8, []pdfsig.ChangeKind{pdfsig.ChangeMetadata}, "どこにも表示されないデータ", "data that shows nowhere"},
	} {
		w.write("now.pdf", string(c.file))
		for lang, want := range map[string]string{"ja": c.japanese, "en": c.english} {
			exit, out := w.run("verify --trust demo --lang "+lang+" now.pdf", "")
			if exit != c.exit || !strings.Contains(strings.Join(strings.Fields(out), ""), strings.Join(strings.Fields(want), "")) {
				t.Errorf("%s, %s: exit %d, want %d and %q:\n%s", name, lang, exit, c.exit, want, out)
			}
		}
		if exit, out := w.run("verify --trust demo --unchanged now.pdf", ""); exit != c.unchanged {
			t.Errorf("%s, --unchanged: exit %d, want %d:\n%s", name, exit, c.unchanged, out)
		}
		if exit, out := w.run("verify --trust demo now.pdf now.pdf", ""); exit != c.exit {
			t.Errorf("%s, twice: exit %d:\n%s", name, exit, out)
		}
		_, out := w.run("verify --trust demo --json now.pdf", "")
		var doc struct {
			Files []struct {
				Signatures []struct {
					Changes []struct {
						Kind  pdfsig.ChangeKind
						Pages []int
					}
					Unchanged bool
					More      bool `json:"shows_more"`
				}
			}
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Files) != 1 {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		s := doc.Files[0].Signatures[0]
		var kinds []pdfsig.ChangeKind
		for _, change := range s.Changes {
			kinds = append(kinds, change.Kind)
		}
		if !slices.Equal(kinds, c.kinds) || s.More != (c.exit == 7 || c.exit == 8) || s.Unchanged != (c.unchanged == 0) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
