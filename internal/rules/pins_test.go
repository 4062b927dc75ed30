package rules

import (
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

// TestGoVersion: go.mod asks for a toolchain that is safe, and this is one.
func TestGoVersion(t *testing.T) {
	asked := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	if asked == nil || older(asked[1], minimumGo) {
		t.Errorf("go.mod asks for %q, and not for %s or later", asked, minimumGo)
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

// TestToolsHaveOneVersion: a tool that several scripts, workflows or texts name
// has the same version in all of them.
func TestToolsHaveOneVersion(t *testing.T) {
	tool := regexp.MustCompile(`([a-z0-9.-]+\.[a-z]+/[A-Za-z0-9_./-]+?)@(v[0-9][0-9A-Za-z.+-]*)`)
	versions := map[string]string{}
	for _, line := range strings.Split(read(t, "go.mod"), "\n") {
		if m := regexp.MustCompile(`^\s*(\S+\.\S+/\S+) (v\S+)`).FindStringSubmatch(line); m != nil {
			versions[m[1]] = m[2]
		}
	}
	found := 0
	for _, name := range files(t, ".ci", ".github") {
		for _, m := range tool.FindAllStringSubmatch(read(t, name), -1) {
			found++
			if known, ok := versions[m[1]]; ok && known != m[2] {
				t.Errorf("%s: %s is %s here, elsewhere %s", name, m[1], m[2], known)
			}
			versions[m[1]] = m[2]
		}
	}
	if found < 3 {
		t.Errorf("%d tools found: not all", found)
	}
}

// TestWorkflows: actions are pinned to a commit and say which version that is,
// workflows read and no more unless a job says what for, none runs a stranger's
// change with our rights, and Go's version is go.mod's.
func TestWorkflows(t *testing.T) {
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(.*)$`)
	pinned := regexp.MustCompile(`^[^@]+@[0-9a-f]{40}$`)
	all := files(t, ".github/workflows")
	if len(all) < 4 {
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
