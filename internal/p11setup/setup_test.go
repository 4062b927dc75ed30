//go:build unix

package p11setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine is a file system with what a desktop has, and a modutil that writes
// down what it is told.
type machine struct {
	*System
	t        *testing.T
	commands [][]string
	fail     error
}

const home = "/home/alice"

func newMachine(t *testing.T) *machine {
	m := &machine{t: t}
	root := t.TempDir()
	m.System = &System{
		OS: "linux", Root: root, Program: "/opt/my tools/jpki",
		Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
		Look:   func(name string) (string, error) { return "/usr/bin/" + name, nil },
		Run: func(_ context.Context, name string, args ...string) error {
			m.commands = append(m.commands, append([]string{name}, args...))
			if m.fail == nil { // what modutil does to the list of a database
				list := filepath.Join(strings.TrimPrefix(args[2], "sql:"), "pkcs11.txt")
				content := "library=\nname=NSS Internal PKCS #11 Module\n"
				if slices.Contains(args, "-add") {
					content += "\nlibrary=" + args[6] + "\nname=" + args[4] + "\n"
				}
				return os.WriteFile(list, []byte(content), 0o600)
			}
			return m.fail
		},
	}
	m.write("/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so", "")
	m.write("/usr/share/p11-kit/modules/opensc-pkcs11.module", "module: opensc-pkcs11.so\n")
	m.write(home+"/.pki/nssdb/cert9.db", "")
	m.write(home+"/.mozilla/firefox/profiles.ini", "[Profile0]\nIsRelative=1\nPath=a.default\n[Profile1]\nPath=/srv/profile\n[Profile2]\nPath=empty\n")
	m.write(home+"/.mozilla/firefox/a.default/cert9.db", "")
	m.write("/srv/profile/cert9.db", "")
	m.write(home+"/snap/firefox/common/.mozilla/firefox/profiles.ini", "[Profile0]\nPath=s\n")
	m.write(home+"/snap/firefox/common/.mozilla/firefox/s/cert9.db", "")
	return m
}

func (m *machine) write(path, content string) {
	m.t.Helper()
	path = filepath.Join(m.Root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(path string) string {
	b, _ := os.ReadFile(filepath.Join(m.Root, path))
	return string(b)
}

// apply gives the states of the steps, by their paths.
func (m *machine) apply(opt Options) map[string]string {
	m.t.Helper()
	steps, err := m.Apply(m.t.Context(), opt)
	if err != nil {
		m.t.Fatal(err)
	}
	states := map[string]string{}
	for _, s := range steps {
		states[s.Path] = string(s.State)
		if s.Reason != nil {
			states[s.Path] += ": " + s.Reason.Error()
		}
	}
	return states
}

const (
	authFile   = home + "/.config/pkcs11/modules/jpki.module"
	signFile   = home + "/.config/pkcs11/modules/jpki-sign.module"
	openSCFile = home + "/.config/pkcs11/modules/opensc-pkcs11.module"
	chromium   = home + "/.pki/nssdb"
	firefox    = home + "/.mozilla/firefox/a.default"
	elsewhere  = "/srv/profile"
	snap       = home + "/snap/firefox/common/.mozilla/firefox/s"
)

func want(t *testing.T, when string, got map[string]string, want map[string]string) {
	t.Helper()
	for path, state := range want {
		if got[path] != state {
			t.Errorf("%s: %s is %q, want %q", when, path, got[path], state)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %v", when, got)
	}
}

func TestSetup(t *testing.T) {
	m := newMachine(t)
	all := func(state string) map[string]string {
		return map[string]string{
			authFile: state, chromium: state, firefox: state, elsewhere: state,
			snap: "skipped: " + ErrConfined.Error(), openSCFile: "skipped: " + ErrNotAsked.Error(),
		}
	}
	auth := Options{Keys: []string{"auth"}, Arguments: []string{"--pinentry", `say "pin"`}}
	dry := auth
	dry.DryRun = true
	want(t, "a dry run", m.apply(dry), all("planned"))
	if m.read(authFile) != "" || len(m.commands) > 0 {
		t.Errorf("a dry run did something: %q", m.commands)
	}
	want(t, "set up", m.apply(auth), all("done"))
	if got := m.read(authFile); got != mark+"\nremote: |\"/opt/my tools/jpki\" pkcs11 --pinentry \"say \\\"pin\\\"\"\n" {
		t.Errorf("written: %s", got)
	}
	if len(m.commands) != 3 || !slices.Equal(m.commands[0][4:], []string{"-add", "jpki", "-libfile", "/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so"}) {
		t.Errorf("told %q", m.commands)
	}
	want(t, "again", m.apply(auth), all("unchanged"))

	// The signing key has a file of its own, which browsers do not see.
	hide := Options{Keys: []string{"sign"}, HideOpenSC: true}
	got := m.apply(hide)
	if got[signFile] != "done" || got[openSCFile] != "done" || got[chromium] != "unchanged" {
		t.Errorf("the signing key: %v", got)
	}
	file := m.read(signFile)
	for _, browser := range []string{"chromium", "chrome", "firefox", "firefox-esr"} {
		if _, list, _ := strings.Cut(file, "disable-in: "); !slices.Contains(strings.Split(strings.TrimSpace(list), ", "), browser) {
			t.Errorf("%s sees the signing key: %s", browser, file)
		}
	}
	if !strings.Contains(file, "pkcs11 --key sign\n") || strings.Contains(m.read(authFile), "disable-in") {
		t.Errorf("written: %s", file)
	}

	// One of two is taken back, then the other: the databases go with the last.
	want(t, "one taken back", m.apply(Options{Keys: []string{"sign"}, Remove: true}), map[string]string{signFile: "done", openSCFile: "done"})
	m.commands = nil
	removed := m.apply(Options{Keys: []string{"auth", "sign"}, Remove: true})
	want(t, "taken back", removed, map[string]string{authFile: "done", signFile: "unchanged", chromium: "done", firefox: "done", elsewhere: "done"})
	if len(m.commands) != 3 || !slices.Equal(m.commands[2][4:], []string{"-delete", "jpki"}) {
		t.Errorf("told %q", m.commands)
	}
	if m.read(authFile)+m.read(openSCFile) != "" {
		t.Error("a file is left")
	}
	for path, state := range m.apply(Options{Keys: []string{"auth", "sign"}, Remove: true}) {
		if state != "unchanged" {
			t.Errorf("taken back twice: %s is %s", path, state)
		}
	}
}

// TestNotOurs: files that somebody else has written, and modules that were there
// before, stay as they are.
func TestNotOurs(t *testing.T) {
	m := newMachine(t)
	m.write(authFile, "remote: |something else\n")
	m.write(openSCFile, "enable-in: chromium\n")
	m.write(chromium+"/pkcs11.txt", "library=/usr/lib64/p11-kit-proxy.so\nname=p11-kit-proxy\n")
	for _, remove := range []bool{false, true} {
		got := m.apply(Options{Keys: []string{"auth"}, HideOpenSC: true, Remove: remove})
		if got[authFile] != "skipped: "+ErrForeign.Error() || got[chromium] != "unchanged" || got[openSCFile] != "" && !strings.HasPrefix(got[openSCFile], "skipped") {
			t.Errorf("remove %t: %v", remove, got)
		}
	}
	if m.read(authFile) != "remote: |something else\n" || m.read(openSCFile) != "enable-in: chromium\n" {
		t.Error("somebody else's file was changed")
	}
}

// TestCannot: what is missing is told, and what fails too.
func TestCannot(t *testing.T) {
	m := newMachine(t)
	m.Look = func(string) (string, error) { return "", errors.New("not found") }
	if got := m.apply(Options{Keys: []string{"auth"}}); got[firefox] != "skipped: "+ErrNoModutil.Error() || got[authFile] != "done" {
		t.Errorf("%v", got)
	}
	m = newMachine(t)
	m.fail = errors.New("modutil says no")
	if got := m.apply(Options{Keys: []string{"auth"}}); got[firefox] != "failed: modutil says no" {
		t.Errorf("%v", got)
	}
	m = newMachine(t)
	m.write(home+"/.config", "a file in the way")
	if got := m.apply(Options{Keys: []string{"auth"}}); !strings.HasPrefix(got[authFile], "failed: ") {
		t.Errorf("%v", got)
	}
	m = newMachine(t)
	if err := os.RemoveAll(filepath.Join(m.Root, "usr")); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Apply(t.Context(), Options{Keys: []string{"auth"}}); err != ErrNoP11Kit {
		t.Error(err)
	}
	if _, err := m.Apply(t.Context(), Options{Keys: []string{"auth"}, Remove: true}); err != nil {
		t.Error(err)
	}
	m.OS = "windows"
	if _, err := m.Apply(t.Context(), Options{}); err != ErrUnsupported {
		t.Error(err)
	}
}

// TestFind reads back what was written.
func TestFind(t *testing.T) {
	m := newMachine(t)
	look := func() Found { return Find(os.DirFS(m.Root), m.Getenv) }
	if f := look(); len(f.Modules) != 0 || !f.Twice || !slices.Equal(f.Without, []string{"Chromium, Chrome", "Firefox"}) {
		t.Errorf("before: %+v", f)
	}
	m.apply(Options{Keys: []string{"auth", "sign"}, HideOpenSC: true})
	f := look()
	if len(f.Modules) != 2 || f.Modules[0].Program != "/opt/my tools/jpki" || f.Modules[0].There || f.Twice || len(f.Without) > 0 {
		t.Errorf("set up: %+v", f)
	}
	m.write("/opt/my tools/jpki", "")
	if f := look(); f.Modules[0].There {
		t.Error("a file that is no program")
	}
	if err := os.Chmod(filepath.Join(m.Root, "/opt/my tools/jpki"), 0o755); err != nil {
		t.Fatal(err)
	}
	if f := look(); !f.Modules[1].There {
		t.Error("the program is not found")
	}
}
