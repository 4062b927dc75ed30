package rules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/jpki-tools/jpki/"

// arrows is what a package may import besides the standard library, whatever
// it is built for. Which of our packages know each other is the architecture;
// who uses a module of others is written here to stay few. A prefix of a path
// covers what is below it.
//
// The virtual card does not know pkg/jpki, and the three signature formats
// know neither certificates nor trust: a mistake in one cannot hide itself in
// the other, and who is believed is decided in one place.
var arrows = map[string][]string{
	"cmd/jpki": {"internal/cli"},

	"pkg/apdu":        {},
	"pkg/pcsc":        {"pkg/apdu", "github.com/ebfe/scard", "github.com/ebitengine/purego", "golang.org/x/sys"},
	"pkg/indication":  {},
	"pkg/jst":         {},
	"pkg/printable":   {},
	"pkg/jpki":        {"pkg/apdu", "pkg/internal/ber", "pkg/jst"},
	"pkg/virtualcard": {"pkg/apdu"},
	"pkg/cert":        {"pkg/internal/ber", "pkg/jst", "pkg/printable"},
	"pkg/smime":       {"golang.org/x/text"},
	"pkg/strength":    {},
	"pkg/trust":       {"pkg/cert", "pkg/indication", "pkg/internal/sigalg", "pkg/strength", "golang.org/x/crypto"},
	"pkg/cms":         {"pkg/indication", "pkg/internal/ber", "pkg/internal/sigalg", "pkg/strength", "golang.org/x/crypto"},
	"pkg/pdfsig":      {"pkg/cms", "pkg/internal/ber", "pkg/jst", "golang.org/x/text"},
	"pkg/xmlsig":      {"pkg/cms", "pkg/jst", "pkg/strength", "golang.org/x/text"},

	"pkg/pdfsig/internal/compare": {"pkg/pdfsig/internal/pdf"},
	"pkg/pdfsig/internal/update":  {"pkg/pdfsig/internal/pdf"},

	"pkg/internal/ber":     {},
	"pkg/internal/sigalg":  {},
	"pkg/internal/signers": {"pkg/virtualcard"}, // for the formats' tests

	"internal/application": {"pkg/xmlsig", "internal/bundle", "golang.org/x/text"},
	"internal/archiving":   {"pkg/cms", "pkg/pdfsig", "pkg/trust", "internal/i18n", "internal/input", "internal/judging", "internal/output", "internal/problem", "internal/stamping"},
	"internal/beside":      {},
	"internal/bundle":      {"internal/output", "golang.org/x/text"},
	"internal/calendar":    {"pkg/cert"},
	"internal/cardcmd":     {"pkg", "internal", "github.com/spf13", "golang.org/x"},
	"internal/cards":       {"internal/democard", "internal/env", "internal/explain", "internal/i18n", "internal/output", "internal/problem", "internal/state", "internal/terms", "internal/ui", "pkg/apdu", "pkg/cert", "pkg/printable", "pkg/jpki", "pkg/pcsc", "pkg/virtualcard"},
	"internal/castore":     {"pkg/cert", "pkg/trust", "internal/state"},
	"internal/checklist":   {"pkg/cert", "pkg/pdfsig", "pkg/trust", "internal/i18n", "internal/submission"},
	"internal/cli":         {"pkg", "internal", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x"},
	"internal/command":     {"pkg", "internal", "github.com/spf13", "golang.org/x"},
	"internal/companion":   {"golang.org/x/text"},
	"internal/democard":    {"pkg/virtualcard", "internal/state"},
	"internal/doctor":      {"pkg/jpki", "pkg/cert", "pkg/pcsc", "internal/i18n", "internal/inspect", "internal/p11setup", "internal/problem", "internal/terms"},
	"internal/env":         {},
	"internal/explain":     {"golang.org/x/sys", "internal/application", "internal/bundle", "pkg", "internal/castore", "internal/democard", "internal/fetch", "internal/i18n", "internal/imprint", "internal/input", "internal/output", "internal/pin", "internal/problem", "internal/sshagent", "internal/state", "internal/terms", "internal/tlsclient", "internal/ui", "internal/xmltext"},
	"internal/fetch":       {},
	"internal/guide":       {"internal/i18n", "golang.org/x/text"},
	"internal/i18n":        {"pkg/printable", "golang.org/x/sys"},
	"internal/imprint":     {"golang.org/x/image", "golang.org/x/text"},
	"internal/input":       {"internal/beside", "internal/i18n", "internal/problem", "internal/ui", "pkg/cert", "pkg/printable", "pkg/cms"},
	"internal/inspect":     {"pkg/cert", "pkg/jpki", "pkg/pcsc", "pkg/trust", "internal/cards", "internal/castore", "internal/i18n", "internal/problem", "internal/state", "internal/terms", "internal/ui", "internal/unlock"},
	"internal/judging":     {"internal/application", "internal/bundle", "internal/companion", "internal/xmltext", "golang.org/x/text", "pkg", "internal/castore", "internal/checklist", "internal/explain", "internal/fetch", "internal/i18n", "internal/input", "internal/problem", "internal/terms", "internal/ui"},
	"internal/logincmd":    {"pkg", "internal", "github.com/spf13", "golang.org/x"},
	"cmd/manual":           {"internal/cli", "internal/command", "internal/i18n", "internal/ui", "github.com/spf13"},
	"internal/output":      {"golang.org/x/sys"},
	"internal/p11host":     {"golang.org/x/sys"},
	"internal/p11rpc":      {},
	"internal/p11setup":    {},
	"internal/p11serve":    {"pkg/jpki", "pkg/pcsc", "pkg/cert", "pkg/printable", "internal/cards", "internal/explain", "internal/i18n", "internal/p11host", "internal/p11rpc", "internal/pin", "internal/problem", "internal/sshagent", "internal/state", "internal/terms", "internal/token", "internal/ui", "internal/unlock"},
	"cmd/picture":          {"internal/cli", "internal/command", "pkg/cert", "pkg/virtualcard", "golang.org/x/text"},
	"internal/pin":         {"pkg/jpki", "internal/beside", "internal/shellwords", "golang.org/x/sys", "golang.org/x/term"},
	"internal/problem":     {"internal/i18n"},
	"internal/report":      {"internal/i18n", "pkg/cert", "pkg/printable"},
	"internal/rules":       {},
	"internal/signcmd":     {"pkg", "internal", "github.com/spf13", "golang.org/x"},
	"internal/signing":     {"internal/application", "internal/bundle", "internal/xmltext", "pkg", "internal/cards", "internal/companion", "internal/env", "internal/explain", "internal/fetch", "internal/i18n", "internal/imprint", "internal/input", "internal/judging", "internal/output", "internal/pin", "internal/problem", "internal/stamping", "internal/submission", "internal/checklist", "internal/terms", "internal/ui", "internal/unlock"},
	"internal/sshagent":    {"golang.org/x/crypto", "golang.org/x/sys", "github.com/Microsoft/go-winio"},
	"internal/stacktest":   {},
	"internal/stamping":    {"internal/explain", "pkg/cms", "pkg/trust", "internal/fetch", "internal/i18n", "internal/input", "internal/pin", "internal/problem", "internal/ui"},
	"internal/state":       {"internal/output", "golang.org/x/sys"},
	"internal/submission":  {"golang.org/x/text"},
	"internal/cli/schema":  {},
	"internal/testkit":     {"internal/cli/schema", "github.com/santhosh-tekuri/jsonschema"},
	"internal/terms":       {"internal/i18n", "pkg/cert", "pkg/jpki", "pkg/trust"},
	"internal/tlsclient":   {},
	"internal/token":       {"pkg/jpki", "pkg/pcsc", "internal/p11rpc", "golang.org/x/sys"},
	"internal/ui":          {"internal/beside", "internal/i18n", "github.com/olekukonko/tablewriter", "golang.org/x/sys", "golang.org/x/term"},
	"internal/unlock":      {"internal/cards", "internal/explain", "internal/i18n", "internal/pin", "internal/problem", "internal/terms", "internal/ui", "pkg/jpki"},
	"internal/version":     {},
	"internal/watch":       {"pkg/jpki", "pkg/pcsc", "internal/inspect", "internal/state"},
	"internal/shellwords":  {},
	"internal/xmltext":     {"pkg/xmlsig", "internal/companion", "internal/i18n", "internal/problem"},
}

// TestArrows compares the imports of every package with its line in arrows, for
// each system and with and without cgo.
func TestArrows(t *testing.T) {
	seen := map[string]bool{}
	for _, build := range [][]string{
		{"GOOS=linux", "CGO_ENABLED=1"},
		{"GOOS=linux", "CGO_ENABLED=0"},
		{"GOOS=darwin", "CGO_ENABLED=0"},
		{"GOOS=windows", "CGO_ENABLED=0"},
	} {
		for pkg, imports := range list(t, build, "{{.ImportPath}} {{join .Imports \" \"}}") {
			seen[pkg] = true
			may, known := allowed(pkg)
			if !known {
				t.Errorf("%s: a new package says in arrows what it may import", pkg)
			}
			for _, path := range imports {
				if !standard(path) && !under(path, may) && !under(path, []string{pkg}) {
					t.Errorf("%v: %s must not import %s", build, pkg, path)
				}
			}
		}
	}
	for pkg := range arrows {
		if !seen[pkg] {
			t.Errorf("there is no package %s any more", pkg)
		}
	}
}

// TestCommandsStandAlone shows that no group of commands imports another one:
// code that two groups need is in a package below both.
func TestCommandsStandAlone(t *testing.T) {
	groups := []string{"internal/cli", "internal/cardcmd", "internal/signcmd", "internal/logincmd"}
	all := list(t, nil, `{{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}}`)
	for _, group := range groups {
		if !slices.Contains(all[group], "internal/command") {
			t.Errorf("%s is no group of commands", group)
		}
	}
	for pkg, imports := range all {
		for _, path := range imports {
			if slices.Contains(groups[1:], pkg) && slices.Contains(groups, path) || pkg == "internal/command" && slices.Contains(groups, path) {
				t.Errorf("%s must not import %s", pkg, path)
			}
		}
	}
}

// TestProgramHasNoTestkit shows that the program does not import the helpers of
// its tests.
func TestProgramHasNoTestkit(t *testing.T) {
	if tests := list(t, nil, `{{.ImportPath}} {{join .TestImports " "}}`); !slices.Contains(tests["internal/cli"], "internal/testkit") {
		t.Error("go list does not show the tests that import internal/testkit")
	}
	for pkg, imports := range list(t, nil, `{{.ImportPath}} {{join .Imports " "}}`) {
		if slices.Contains(imports, "internal/testkit") {
			t.Errorf("%s imports internal/testkit outside a test", pkg)
		}
	}
}

// TestLibrariesSayHowStable shows that the package doc of every library says
// how stable its names are.
func TestLibrariesSayHowStable(t *testing.T) {
	seen := 0
	for pkg, doc := range list(t, nil, `{{.ImportPath}} {{.Dir}}`) {
		if !strings.HasPrefix(pkg, "pkg/") || strings.Contains(pkg, "internal") {
			continue
		}
		seen++
		files, err := filepath.Glob(filepath.Join(doc[0], "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(files, func(name string) bool {
			source, err := os.ReadFile(name)
			return err == nil && strings.Contains(string(source), "\n// Stability: ")
		}) {
			t.Errorf("the doc of %s says nothing about stability", pkg)
		}
	}
	if seen < 14 {
		t.Errorf("%d libraries were looked at", seen)
	}
}

// TestLibraryTestsStandAlone shows that the tests of a library import no
// internal package: the library can be taken out of this module with its tests.
func TestLibraryTestsStandAlone(t *testing.T) {
	all := list(t, nil, `{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}`)
	found := false // an import of an external test: the list has them
	for pkg, imports := range all {
		for _, path := range imports {
			if under(pkg, []string{"pkg"}) && under(path, []string{"internal"}) {
				t.Errorf("a test of %s imports %s", pkg, path)
			}
			found = found || pkg == "pkg/jpki" && path == "pkg/virtualcard"
		}
	}
	if !found {
		t.Error("go list does not show that the tests of pkg/jpki import pkg/virtualcard")
	}
}

// allowed finds the line of a package, or of the nearest one above it.
func allowed(pkg string) (may []string, known bool) {
	for ; ; pkg = pkg[:strings.LastIndexByte(pkg, '/')] {
		if may, known = arrows[pkg]; known || !strings.Contains(pkg, "/") {
			return may, known
		}
	}
}

// under reports whether path is one of these or below one.
func under(path string, these []string) bool {
	return slices.ContainsFunc(these, func(p string) bool {
		return path == p || strings.HasPrefix(path, p+"/")
	})
}

// standard reports whether path is of the standard library, where no first
// element has a dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "pkg" && first != "internal" && first != "cmd"
}

// list runs go list over the module and gives the words of each line by the
// first one. Our own paths come without the module's.
func list(t *testing.T, env []string, format string) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-tags", "foreign pcscd", "-f", format, module+"...")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("go list: %w", err))
	}
	lines := map[string][]string{}
	for line := range strings.Lines(strings.ReplaceAll(string(out), module, "")) {
		words := strings.Fields(line)
		lines[words[0]] = words[1:]
	}
	return lines
}
