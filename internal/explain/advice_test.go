package explain

import (
	"io/fs"
	"regexp"
	"testing"
)

// of lists what belongs to one family of systems.
var (
	ofUnix  = regexp.MustCompile(`chmod|apt|dnf|systemctl|pcscd|polkit|HOME|Debian|Fedora`)
	ofLinux = regexp.MustCompile(`apt|dnf|systemctl|pcscd|polkit|XDG|Debian|Fedora`)
	ofOther = regexp.MustCompile(`icacls|services\.msc|LocalAppData|brew|macOS|Windows`)
)

// TestAdviceIsForTheSystem: nobody is told to do what their system does not have.
func TestAdviceIsForTheSystem(t *testing.T) {
	for name, a := range map[string]Advice{
		"library": getLibrary, "access": getAccess, "home": setHome, "private": MakePrivate,
		"font": GetJapaneseFont, "reader": GetVirtualReader, "restart": RestartReader,
	} {
		for system, foreign := range map[string]*regexp.Regexp{"windows": ofUnix, "darwin": ofLinux, "linux": ofOther, "freebsd": ofOther} {
			said := a.On(system)
			if said.IsZero() || foreign.MatchString(said.JA) || foreign.MatchString(said.EN) {
				t.Errorf("%s on %s: %v", name, system, said)
			}
		}
	}
	if said := GetP11Kit.On("darwin"); ofLinux.MatchString(said.EN) { // Windows has none
		t.Errorf("p11-kit on macOS: %v", said)
	}
}

// TestNoFile: the next step fits the name.
func TestNoFile(t *testing.T) {
	for name, want := range map[string]string{
		"none.txt":                    "Check its name and folder.",
		"https://example.com/a.pdf":   "Download it first, and name that file.",
		"http://example.com/a.pdf":    "Download it first, and name that file.",
		"":                            "In a script, see whether a variable is empty.",
		"https-notes/of the year.txt": "Check its name and folder.",
	} {
		err := &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		if got := Error(err).Next; got.EN != want || got.JA == "" {
			t.Errorf("%q: %+v", name, got)
		}
	}
}
