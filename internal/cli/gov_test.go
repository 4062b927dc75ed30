package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// govVerdicts is testdata/gov/README.md: the exit status with the files next to
// the document, the signed parts, the kinds of unsigned parts, and the exit
// status without the files, if the signature covers some.
var govVerdicts = []struct {
	file    string
	exit    int
	covers  string
	outside string
	alone   int
}{
	{"egov/standard/kousei-signed.xml", 0, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head style-sheet attachment attachment", 9},
	{"egov/standard/kousei-other-signed.xml", 0, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head other style-sheet attachment attachment", 9},
	{"egov/standard/kousei-cosigned.xml", 0, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head style-sheet attachment attachment", 9},
	{"egov/standard/kousei-rawname-signed.xml", 0, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head style-sheet attachment attachment", 9},
	{"egov/standard/bad-info-changed.xml", 8, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head style-sheet attachment attachment", 8},
	{"egov/standard/bad-extra-outside.xml", 9, "構成情報 ファイル「見本がぎ届_01.xml」", "head head head !element style-sheet attachment attachment", 9},
	{"egov/standard/bad-same-id.xml", 9, "参照「#%E6%A7%8B%E6%88%90%E6%83%85%E5%A0%B1」 ファイル「見本がぎ届_01.xml」", "head head head !element other style-sheet attachment attachment", 9},
	{"egov/standard/bad-form-unsigned.xml", 9, "構成情報", "head head head style-sheet !form attachment attachment", 9},
	{"egov/standard/kousei.xml", 8, "", "", 8},
	{"egov/individual-signed/999Z000000002000/kousei20260601093000001.xml", 0, "構成情報 ファイル「999Z00000000200001_01.xml」", "head head head style-sheet", 9},
	{"egov/individual-signed/999Z000000002000/kousei20260601093000002.xml", 0, "構成情報 ファイル「見本添付.pdf」", "head head head style-sheet", 9},
	{"egov/individual-signed/999Z000000002000/kousei.xml", 8, "", "", 8},
	{"official/unsigned.xml", 8, "", "", 8},
	{"official/signed.xml", 0, "BODY", "front style-sheet", 0},
	{"official/bad-body-changed.xml", 8, "BODY", "front style-sheet", 8},
	{"official/bad-second-body.xml", 9, "BODY", "!element front style-sheet", 9},
	{"official-attached/209900000000000001.xml", 0, "BODY ファイル「01_控え.pdf」 ファイル「明細(見本).csv」", "style-sheet attachment", 9},
	{"etax/unsigned.xtx", 8, "", "", 8},
	{"etax/signed.xtx", 0, "RKO0010", "", 0},
	{"etax/signed-noid.xtx", 0, "RKO0010", "", 0},
	{"etax/signed-sha1.xtx", 9, "RKO0010", "", 9},
	{"etax/cosigned.xtx", 0, "RKO0010", "", 0},
	{"etax/accountant-only.xtx", 0, "RKO0010", "", 0},
	{"etax/bad-changed.xtx", 8, "RKO0010", "", 8},
	{"etax/bad-second-procedure.xtx", 9, "RKO0010", "!element", 9},
	{"kojo/signed.xml", 0, "TEG850", "style-sheet", 0},
	{"kojo/signed-nostyle.xml", 0, "TEG850", "", 0},
	{"kojo/signed-otherhost.xml", 9, "TEG850", "!style-sheet", 9},
	{"kojo/bad-changed.xml", 8, "TEG850", "style-sheet", 8},
	{"zumen/見本図面.tif.sig.xml", 0, "ファイル「見本図面.tif」", "", 9},
}

// govUnsigned is a part that a signature leaves out.
type govUnsigned struct {
	Kind, Name, Value string
	Permitted         bool
}

// govResult has the members of jpki.verify/v1 that these tests use.
type govResult struct {
	Files []struct {
		Signatures []struct {
			Verdict  string
			Reasons  []struct{ Code, Detail string }
			Covers   []string
			Outside  []string
			Unsigned []govUnsigned
		}
	}
}

func TestGovVerdicts(t *testing.T) {
	w := newWorld(t, "ja")
	gov := filepath.Join(w.back, "..", "..", "testdata", "gov")
	ca := " --ca '" + filepath.Join(gov, "keys", "ca.pem") + "'"
	seen := map[string]bool{}
	for _, test := range govVerdicts {
		seen[test.file] = true
		exit, out := w.run("verify --json '"+filepath.Join(gov, test.file)+"'"+ca, "")
		if exit != test.exit {
			t.Errorf("%s: exit %d\n%s", test.file, exit, out)
			continue
		}
		for _, s := range signaturesOf(t, out) {
			var outside []string
			for _, o := range s.Unsigned {
				if !o.Permitted {
					o.Kind = "!" + o.Kind
				}
				outside = append(outside, o.Kind)
			}
			if (len(s.Outside) > 0) != slices.ContainsFunc(s.Unsigned, func(u govUnsigned) bool { return u.Permitted }) {
				t.Errorf("%s: outside %q", test.file, s.Outside)
			}
			if strings.Join(s.Covers, " ") != test.covers || strings.Join(outside, " ") != test.outside {
				t.Errorf("%s: covers %q, outside %q", test.file, s.Covers, outside)
			}
		}
		if test.file == "etax/signed-sha1.xtx" {
			if r := signaturesOf(t, out)[0].Reasons; len(r) != 1 || r[0].Code != "CRYPTO_CONSTRAINTS_FAILURE_NO_POE" {
				t.Errorf("%s: %v", test.file, r)
			}
		}

		// Alone, every file that is missing is named.
		src, err := os.ReadFile(filepath.Join(gov, test.file))
		if err != nil {
			t.Fatal(err)
		}
		w.write("alone.xml", string(src))
		exit, out = w.run("verify alone.xml"+ca, "")
		if exit != test.alone {
			t.Errorf("%s alone: exit %d\n%s", test.file, exit, out)
		}
		for _, file := range strings.Split(test.covers, "ファイル")[1:] {
			if !strings.Contains(out, "署名が指すファイル"+strings.TrimSpace(file)+"がありません") {
				t.Errorf("%s alone: %s, which is missing, is not named\n%s", test.file, file, out)
			}
		}
		if test.exit == 0 && strings.Contains(out, "誰でも変えられます") {
			t.Errorf("%s: %s", test.file, out)
		}
	}
	err := filepath.WalkDir(gov, func(path string, entry os.DirEntry, err error) error {
		rel, _ := filepath.Rel(gov, path)
		rel = filepath.ToSlash(rel)
		if ending := filepath.Ext(rel); err == nil && (ending == ".xtx" || ending == ".xml") && strings.Contains(rel, "signed") != strings.Contains(rel, "unsigned") && !seen[rel] && !strings.Contains(rel, "_01.xml") {
			t.Errorf("%s has no verdict here", rel)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func signaturesOf(t *testing.T, out string) []struct {
	Verdict  string
	Reasons  []struct{ Code, Detail string }
	Covers   []string
	Outside  []string
	Unsigned []govUnsigned
} {
	t.Helper()
	var doc govResult
	i := strings.IndexByte(out, '{')
	if i < 0 {
		return nil
	}
	if err := json.NewDecoder(strings.NewReader(out[i:])).Decode(&doc); err != nil || len(doc.Files) == 0 {
		return nil
	}
	return doc.Files[0].Signatures
}

// TestGovSaysBoth shows that the output names the signed and the unsigned parts
// in both languages.
func TestGovSaysBoth(t *testing.T) {
	for lang, want := range map[string][]string{
		"ja": {"構成情報、ファイル「見本がぎ届_01.xml」", "様式ID「999000000000000001」", "スタイルシート「999000000000000001.xsl」", "その他「1 ミホン　タロウ」", "「委任状.pdf」、「添付ぷり.txt」の内容"},
		"en": {"構成情報, the file 見本がぎ届_01.xml", "様式ID (999000000000000001)", `the style sheet "999000000000000001.xsl"`, "その他 (1 ミホン　タロウ)", "the contents of 委任状.pdf, 添付ぷり.txt"},
	} {
		w := newWorld(t, lang)
		gov := filepath.Join(w.back, "..", "..", "testdata", "gov")
		exit, out := w.run("verify '"+filepath.Join(gov, "egov/standard/kousei-other-signed.xml")+"' --ca '"+filepath.Join(gov, "keys/ca.pem")+"'", "")
		if exit != 0 || slices.ContainsFunc(want, func(s string) bool { return !strings.Contains(out, s) }) {
			t.Errorf("%s: %d\n%s", lang, exit, out)
		}
		t.Chdir(w.back)
	}
}

// TestEmbeddedSigner shows that the signer of a certificate inside a document
// does not count as a signer of the document.
func TestEmbeddedSigner(t *testing.T) {
	w := newWorld(t, "en")
	w.real = true
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(w.back, "..", "..", "testdata", "gov", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	_, inside, _ := strings.Cut(read("kojo/signed-nostyle.xml"), "?>\n")
	w.write("a.xtx", strings.Replace(read("etax/unsigned.xtx"), "</CONTENTS>", strings.TrimSpace(inside)+"</CONTENTS>", 1))
	w.write("ca.pem", read("keys/ca.pem"))
	if exit, out := w.run("sign --card demo --pin-stdin --profile etax a.xtx", virtualcard.SignPIN+"\n"); exit != 0 {
		t.Fatal(out)
	}
	line := "verify --trust demo --ca ca.pem a-signed.xtx"
	exit, out := w.run(line+" --json", "")
	var doc struct {
		Files []struct {
			Signatures []struct{ Role, Signer string }
		}
	}
	if _, document, _ := strings.Cut(out, "{"); exit != 0 || json.Unmarshal([]byte("{"+document), &doc) != nil || len(doc.Files) != 1 || len(doc.Files[0].Signatures) != 2 {
		t.Fatalf("exit %d\n%s", exit, out)
	}
	for _, s := range doc.Files[0].Signatures {
		want := 0
		if s.Role == "embedded" {
			want = 8
		}
		if exit, out := w.run(line+" --signer '"+s.Signer+"'", ""); exit != want {
			t.Errorf("%s %s: exit %d, want %d\n%s", s.Role, s.Signer, exit, want, out)
		}
	}
}
