package rules

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// minimumGo is the first release of Go 1.26 with the fixes to crypto/x509 that
// judging certificates of strangers needs.
const minimumGo = "1.26.4"

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestGoVersion shows that go.mod asks for a Go release without known faults in
// crypto/x509, and names the toolchain of the releases.
func TestGoVersion(t *testing.T) {
	asked := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	if asked == nil || older(asked[1], minimumGo) {
		t.Fatalf("go.mod asks for %q, and not for %s or later", asked, minimumGo)
	}
	named := regexp.MustCompile(`(?m)^toolchain go(\d+\.\d+\.\d+)$`).FindStringSubmatch(read(t, "go.mod"))
	if named == nil || older(named[1], asked[1]) {
		t.Errorf("go.mod names the toolchain %q, and asks for %s", named, asked[1])
	}
	if !strings.Contains(read(t, ".ci/release"), `GOTOOLCHAIN="$(sed -n 's/^toolchain //p' go.mod)"`) {
		t.Error(".ci/release does not take the toolchain that go.mod names")
	}
	if running := strings.TrimPrefix(runtime.Version(), "go"); older(running, minimumGo) {
		t.Errorf("this is Go %s", running)
	}
}

// older compares versions of three numbers.
func older(a, b string) bool {
	number := regexp.MustCompile(`\d+`)
	x, y := number.FindAllString(a, 3), number.FindAllString(b, 3)
	for i := range min(len(x), len(y)) {
		if len(x[i]) != len(y[i]) {
			return len(x[i]) < len(y[i])
		}
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

// tools are the external programs that scripts download, with the tested
// version. To change a version, change it here and there.
var tools = map[string]string{
	"github.com/goreleaser/goreleaser/v2":       "v2.16.0", // newer ones want another Go
	"github.com/CycloneDX/cyclonedx-gomod":      "v1.10.0",
	"honnef.co/go/tools/cmd/staticcheck":        "v0.8.2",
	".ci/witness/package.json: @hyzyla/pdfium":  "2.1.13",
	".ci/witness/package.json: @napi-rs/canvas": "0.1.97",
	".ci/witness/package.json: pdfjs-dist":      "5.6.205",
	"go.mod: github.com/ebfe/scard":             "v0.0.0-20241214075232-7af069cabc25", // the only one that is to be had
	"go.mod: github.com/olekukonko/tablewriter": "v1.1.5",
	"go.mod: github.com/ebitengine/purego":      "v0.11.3",
}

// TestTools shows that scripts, workflows, texts and manifests name exactly
// these versions of tools, and no tool without a version.
func TestTools(t *testing.T) {
	tool := regexp.MustCompile(`([a-z0-9.-]+\.[a-z]+/[A-Za-z0-9_./-]+?)@(v[0-9][0-9A-Za-z.+-]*|latest\b|main\b|master\b)`)
	found := map[string]bool{}
	note := func(where, name, version string) {
		found[name] = true
		if want, known := tools[name]; !known || want != version {
			t.Errorf("%s: %s is %s, in pins_test.go %q", where, name, version, want)
		}
	}
	for _, name := range files(t, ".ci", ".github") {
		for _, m := range tool.FindAllStringSubmatch(read(t, name), -1) {
			note(name, m[1], m[2])
		}
	}
	var manifest struct{ Dependencies, DevDependencies map[string]string }
	if err := json.Unmarshal([]byte(read(t, ".ci/witness/package.json")), &manifest); err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal([]byte(read(t, ".ci/witness/package-lock.json")), &lock); err != nil {
		t.Fatal(err)
	}
	for name, version := range manifest.Dependencies {
		note(".ci/witness", ".ci/witness/package.json: "+name, version)
		if got := lock.Packages["node_modules/"+name].Version; got != version {
			t.Errorf("%s is %s, locked at %q", name, version, got)
		}
	}
	for name, locked := range lock.Packages {
		if name != "" && !strings.HasPrefix(locked.Integrity, "sha512-") {
			t.Errorf("%s is locked without a hash", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(read(t, "go.mod"), -1) {
		if name := "go.mod: " + m[1]; tools[name] != "" {
			note("go.mod", name, m[2])
		}
	}
	for name := range tools {
		if !found[name] {
			t.Errorf("%s is nowhere any more", name)
		}
	}
}

// TestUpdates shows that dependabot keeps up to date everything that has a
// version.
func TestUpdates(t *testing.T) {
	updates := read(t, ".github/dependabot.yml")
	for _, kind := range []struct{ file, ecosystem, directory string }{
		{"go.mod", "gomod", "/"},
		{".github/workflows/ci.yml", "github-actions", "/"},
		{".ci/witness/package-lock.json", "npm", "/.ci/witness"},
	} {
		read(t, kind.file)
		if !strings.Contains(updates, "package-ecosystem: "+kind.ecosystem+"\n    directory: "+kind.directory+"\n") {
			t.Errorf("nobody looks for updates of %s", kind.file)
		}
	}
}

// TestSoakIsWhole shows that the workflow runs every step of .ci/soak.
func TestSoakIsWhole(t *testing.T) {
	steps := regexp.MustCompile(`(?m)^steps=\((.*)\)$`).FindStringSubmatch(read(t, ".ci/soak"))
	matrix := regexp.MustCompile(`(?m)^ +step: \[(.*)\]$`).FindStringSubmatch(read(t, ".github/workflows/soak.yml"))
	if steps == nil || matrix == nil || strings.ReplaceAll(matrix[1], ",", "") != steps[1] {
		t.Errorf("%q, and in the workflow %q", steps, matrix)
	}
}

// TestReleasesAreChecked shows that the READMEs tell how to check a release,
// and that the workflow does the same before it drafts one.
func TestReleasesAreChecked(t *testing.T) {
	ja, en, draft, build := read(t, "README.md"), read(t, "README.en.md"), read(t, ".github/workflows/release.yml"), read(t, ".github/workflows/build.yml")
	block := regexp.MustCompile("(?s)```\ngh attestation.*?```").FindString(en)
	if block == "" || !strings.Contains(ja, block) {
		t.Error("the READMEs do not have the same commands")
	}
	for _, part := range []string{
		"gh attestation verify ", "cosign verify-blob checksums.txt --bundle checksums.txt.sigstore.json ",
		"/.github/workflows/build.yml@refs/tags/", "--certificate-oidc-issuer https://token.actions.githubusercontent.com\n",
	} {
		if !strings.Contains(block, part) || !strings.Contains(draft, part) {
			t.Errorf("the READMEs and the draft do not both have %q", part)
		}
	}
	if command := "bash .ci/release tools build"; !strings.Contains(block, command+"\n") || !strings.Contains(build, "run: "+command+"\n") {
		t.Errorf("released is not what %q makes", command)
	}
	for _, published := range []string{"dist/jpki[_-]*", "dist/checksums.txt", "dist/checksums.txt.sigstore.json", "dist/provenance.intoto.jsonl"} {
		if !strings.Contains(build, " "+published+"\n") {
			t.Errorf("%s is not handed on", published)
		}
	}
}

// TestWorkflows shows that workflows pin actions to a commit and name its
// version, only read unless a job states a reason, never run a stranger's
// change with our rights, and take Go's version from go.mod.
func TestWorkflows(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(.*)$`)
	pinned := regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`)
	all := files(t, ".github/workflows")
	if len(all) < 6 {
		t.Errorf("%d workflows: not all", len(all))
	}
	commits := map[string]string{}
	for _, name := range all {
		text := read(t, name)
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			action, comment := m[1], strings.TrimSpace(m[2])
			if strings.HasPrefix(action, "./") {
				continue
			}
			if !pinned.MatchString(action) || !strings.HasPrefix(comment, "# v") {
				t.Errorf("%s: %s %s is not pinned to a commit with its version", name, action, comment)
			}
			which, commit, _ := strings.Cut(action, "@")
			if known, ok := commits[which]; ok && known != commit+comment {
				t.Errorf("%s: another version of %s", name, which)
			}
			commits[which] = commit + comment
		}
		if !strings.Contains(text, "\npermissions:\n  contents: read\n") {
			t.Errorf("%s: does not begin with reading rights only", name)
		}
		for _, bad := range []string{"pull_request_target", "write-all", "go-version: ", "self-hosted"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s: has %s", name, bad)
			}
		}
		if n := strings.Count(text, "actions/checkout@"); n != strings.Count(text, "persist-credentials: false") {
			t.Errorf("%s: a checkout leaves its token behind", name)
		}
		if strings.Contains(text, "actions/setup-go@") && !strings.Contains(text, "go-version-file: go.mod") {
			t.Errorf("%s: takes another Go than go.mod's", name)
		}
	}
}

// files lists the files below some folders.
func files(t *testing.T, folders ...string) (names []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if err == nil && d.Type().IsRegular() {
				rel, _ := filepath.Rel(root, path)
				names = append(names, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
