package xmlsig

import (
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/cms"
)

// govFolder has a document of every shape that state services accept or issue,
// made by us and signed by other programs.
const govFolder = "../../testdata/gov"

func govFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(govFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// govOpen opens the files of a folder.
func govOpen(folder string) func(string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) { return os.Open(filepath.Join(govFolder, folder, name)) }
}

// govSigned are the documents with signatures.
func govSigned(t testing.TB) (names []string) {
	t.Helper()
	for _, pattern := range []string{"egov/standard/kousei-*ed.xml", "egov/standard/bad-*", "egov/individual-signed/*/kousei2*", "official/[^u]*", "official-attached/*.xml", "etax/[^u]*", "kojo/*", "zumen/*.xml"} {
		found, err := filepath.Glob(filepath.Join(govFolder, pattern))
		if err != nil || len(found) == 0 {
			t.Fatal(pattern, err)
		}
		for _, f := range found {
			rel, err := filepath.Rel(govFolder, f)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(rel))
		}
	}
	return names
}

// signGov signs one of the documents in its form.
func signGov(t testing.TB, name string) []byte {
	t.Helper()
	d := mustParse(t, govFile(t, name))
	return sign(t, d.src, Options{Profile: d.Detect(), Open: govOpen(path.Dir(name))}, fixture().signer.signing())
}

// govVerdicts repeats gov/README.md: the number of signatures of each document,
// the failure ("" for none), and the parts that are not signed.
var govVerdicts = map[string]struct {
	form       Profile
	signatures int
	want       cms.Code
	outside    string
}{
	"egov/standard/kousei-signed.xml":                                     {ProfileEGov, 1, "", "head head head style-sheet attachment attachment"},
	"egov/standard/kousei-other-signed.xml":                               {ProfileEGov, 1, "", "head head head other style-sheet attachment attachment"},
	"egov/standard/kousei-cosigned.xml":                                   {ProfileEGov, 2, "", "head head head style-sheet attachment attachment"},
	"egov/standard/kousei-rawname-signed.xml":                             {ProfileEGov, 1, "", "head head head style-sheet attachment attachment"},
	"egov/standard/bad-info-changed.xml":                                  {ProfileEGov, 1, cms.HashFailure, "head head head style-sheet attachment attachment"},
	"egov/standard/bad-extra-outside.xml":                                 {ProfileEGov, 1, cms.SigConstraintsFailure, "head head head !element style-sheet attachment attachment"},
	"egov/standard/bad-same-id.xml":                                       {ProfileEGov, 1, cms.SigConstraintsFailure, "head head head !element other style-sheet attachment attachment"},
	"egov/standard/bad-form-unsigned.xml":                                 {ProfileEGov, 1, cms.SigConstraintsFailure, "head head head style-sheet !form attachment attachment"},
	"egov/individual-signed/999Z000000002000/kousei20260601093000001.xml": {ProfileEGov, 1, "", "head head head style-sheet"},
	"egov/individual-signed/999Z000000002000/kousei20260601093000002.xml": {ProfileEGov, 1, "", "head head head style-sheet"},
	"official/signed.xml":                                                 {ProfileOfficial, 1, "", "front style-sheet"},
	"official/bad-body-changed.xml":                                       {ProfileOfficial, 1, cms.HashFailure, "front style-sheet"},
	"official/bad-second-body.xml":                                        {ProfileOfficial, 1, cms.SigConstraintsFailure, "!element front style-sheet"},
	"official-attached/209900000000000001.xml":                            {ProfileOfficial, 1, "", "style-sheet attachment"},
	"etax/signed.xtx":                                                     {ProfileETax, 1, "", ""},
	"etax/signed-noid.xtx":                                                {ProfileETax, 1, "", ""},
	"etax/signed-sha1.xtx":                                                {ProfileETax, 1, cms.CryptoConstraintsFailureNoPOE, ""},
	"etax/cosigned.xtx":                                                   {ProfileETax, 2, "", ""},
	"etax/accountant-only.xtx":                                            {ProfileETax, 1, "", ""},
	"etax/bad-changed.xtx":                                                {ProfileETax, 1, cms.HashFailure, ""},
	"etax/bad-second-procedure.xtx":                                       {ProfileETax, 1, cms.SigConstraintsFailure, "!element"},
	"kojo/signed.xml":                                                     {ProfileTaxCertificate, 1, "", "style-sheet"},
	"kojo/signed-nostyle.xml":                                             {ProfileTaxCertificate, 1, "", ""},
	"kojo/signed-otherhost.xml":                                           {ProfileTaxCertificate, 1, cms.SigConstraintsFailure, "!style-sheet"},
	"kojo/bad-changed.xml":                                                {ProfileTaxCertificate, 1, cms.HashFailure, "style-sheet"},
	"zumen/見本図面.tif.sig.xml":                                              {ProfileNone, 1, "", ""},
}

func kinds(out []Outside) string {
	var all []string
	for _, o := range out {
		mark := ""
		if !o.Permitted {
			mark = "!"
		}
		all = append(all, mark+string(o.Kind))
	}
	return strings.Join(all, " ")
}

// onlyReason reports whether all failures of a signature have this code.
func onlyReason(failures []*cms.Failure, want cms.Code) bool {
	return !slices.ContainsFunc(failures, func(f *cms.Failure) bool { return f.Code != want }) && (len(failures) > 0) == (want != "")
}

func TestGovVerdicts(t *testing.T) {
	names := govSigned(t)
	if len(names) != len(govVerdicts) {
		t.Errorf("%d documents, %d verdicts", len(names), len(govVerdicts))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			test, found := govVerdicts[name]
			if !found {
				t.Fatal("no verdict")
			}
			d := mustParse(t, govFile(t, name))
			results := d.Verify(Verification{Open: govOpen(path.Dir(name))})
			if len(results) != test.signatures || d.Detect() != test.form {
				t.Fatalf("%d signatures, form %q", len(results), d.Detect())
			}
			for _, r := range results {
				if !onlyReason(r.Failures, test.want) || kinds(r.Outside) != test.outside || r.Profile != test.form || r.Whole != (test.outside == "") {
					t.Errorf("%v\n%q, %+v", r.Err(), kinds(r.Outside), r)
				}
			}
			// Without the files beside, each that is missing is named, and the
			// rest is still checked.
			for _, r := range d.Verify(Verification{}) {
				var files []string
				for _, ref := range r.References {
					if ref.Target == TargetFile {
						files = append(files, ref.File)
					}
				}
				var missing []string
				rest := slices.DeleteFunc(slices.Clone(r.Failures), func(f *cms.Failure) bool {
					m, ok := errors.AsType[*MissingFileError](f)
					if ok {
						missing = append(missing, m.Name)
					}
					return ok
				})
				if !slices.Equal(files, missing) || !onlyReason(rest, test.want) {
					t.Errorf("without %q: %v", files, r.Err())
				}
			}
		})
	}
}
