// Package p11setup registers this program with p11-kit and with the NSS
// databases of browsers, for one user. [System.Apply] with Remove undoes the
// settings of [System.Apply]. The package writes only files of this user, and
// changes only its own entries.
//
// p11-kit reads such files only for ordinary users: not for root, and not in
// setuid programs.
package p11setup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// System is where things are for one user.
type System struct {
	OS      string // as runtime.GOOS
	Getenv  func(string) string
	Root    string // the file system's: "/" but for tests
	Program string // the absolute path of this one
	// Run runs a program.
	Run func(ctx context.Context, name string, args ...string) error
	// Look finds a program by its name.
	Look func(name string) (string, error)
}

// Options are the settings for [System.Apply].
type Options struct {
	Keys       []string // auth, sign
	Arguments  []string // for jpki pkcs11, besides the key
	HideOpenSC bool     // keep OpenSC's module from showing the card a second time
	Remove     bool     // undo it
	DryRun     bool     // only tell
}

// Kind is the subject of a step.
type Kind string

// The kinds.
const (
	ModuleFile Kind = "module-file" // p11-kit's file for this program
	NSS        Kind = "nss"         // the database of a browser
	OpenSC     Kind = "opensc"      // OpenSC's module for the same card
)

// State is the result of a step.
type State string

// The states.
const (
	Planned   State = "planned"   // would be done
	Done      State = "done"      // was done
	Unchanged State = "unchanged" // it is so already
	Skipped   State = "skipped"   // left alone: the reason says why
	Failed    State = "failed"    // could not be done
)

// Step is one thing that is set up, or taken back.
type Step struct {
	Kind    Kind
	State   State
	Path    string // of the file, or of the database's folder
	Program string // owner of the database
	Content string // of a file that is written
	Reason  error  // of those skipped and failed: one of those below, or the system's
}

// Reasons.
var (
	ErrNoP11Kit    = errors.New("p11-kit is not installed")
	ErrNoModutil   = errors.New("modutil is not installed")
	ErrConfined    = errors.New("the program runs confined and cannot start others")
	ErrForeign     = errors.New("the file is somebody else's")
	ErrNotAsked    = errors.New("only on request")
	ErrRoot        = errors.New("p11-kit reads no files of root's own")
	ErrUnsupported = errors.New("p11-kit is not used on this system")
)

// mark is the first line of our files: others are left alone.
const mark = "# Written by jpki pkcs11 setup; jpki pkcs11 setup --remove takes it back."

// Apply makes the steps, or tells which there are. The error is [ErrUnsupported],
// [ErrRoot] or [ErrNoP11Kit], where nothing was done.
func (s *System) Apply(ctx context.Context, opt Options) ([]Step, error) {
	switch {
	case s.OS == "windows":
		return nil, ErrUnsupported
	case os.Geteuid() == 0 && s.Root == "/":
		return nil, ErrRoot
	}
	proxy := s.proxy()
	if proxy == "" && !opt.Remove {
		return nil, ErrNoP11Kit
	}
	var steps []Step
	for _, key := range opt.Keys {
		steps = append(steps, s.module(key, opt))
	}
	// With two keys in a browser, it asks for the wrong one: the signing key is
	// in no database that the other is not in, and its file keeps it out of
	// browsers.
	steps = append(steps, s.databases(ctx, opt, proxy)...)
	if step, ok := s.openSC(opt); ok {
		steps = append(steps, step)
	}
	return steps, nil
}

// file is a path of this user's, below Root.
func (s *System) file(path string) string { return filepath.Join(s.Root, path) }

// moduleName is the file's name, by the key.
func moduleName(key string) string {
	if key == "sign" {
		return "jpki-sign.module"
	}
	return "jpki.module"
}

// browsers are the names of programs that must not see the signing key: each
// page that asks for a certificate would get name and address with it.
var browsers = []string{
	"brave", "brave-browser", "chrome", "chromium", "chromium-browser", "epiphany", "falkon", "firefox", "firefox-bin",
	"firefox-esr", "floorp", "google-chrome", "google-chrome-beta", "google-chrome-stable", "google-chrome-unstable",
	"konqueror", "librewolf", "microsoft-edge", "msedge", "mullvadbrowser", "opera", "palemoon", "seamonkey",
	"ungoogled-chromium", "vivaldi", "vivaldi-bin", "waterfox", "zen", "zen-bin",
}

// content is a module file. It has no "critical": a program that has gone must
// not keep others from using p11-kit.
func (s *System) content(key string, opt Options) string {
	args := []string{s.Program, "pkcs11"}
	if key == "sign" {
		args = append(args, "--key", "sign")
	}
	args = append(args, opt.Arguments...)
	var quoted []string
	for _, a := range args {
		quoted = append(quoted, quote(a))
	}
	lines := []string{mark, "remote: |" + strings.Join(quoted, " ")}
	if key == "sign" {
		lines = append(lines, "disable-in: "+strings.Join(browsers, ", "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// quote keeps p11-kit from splitting a word.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"'\\") {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

func (s *System) module(key string, opt Options) Step {
	step := Step{Kind: ModuleFile, Path: filepath.Join(s.look().config(), moduleName(key))}
	if opt.Remove {
		return s.removeFile(step, opt)
	}
	step.Content = s.content(key, opt)
	return s.writeFile(step, opt)
}

// writeFile writes a file of ours.
func (s *System) writeFile(step Step, opt Options) Step {
	path := s.file(step.Path)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && !ours(old):
		return step.skipped(ErrForeign)
	case err == nil && string(old) == step.Content:
		return step.in(Unchanged)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return step.failed(err)
	case opt.DryRun:
		return step.in(Planned)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return step.failed(err)
	}
	// p11-kit reads whatever lies in the folder: never half a file.
	next := path + ".new"
	if err := os.WriteFile(next, []byte(step.Content), 0o644); err != nil {
		return step.failed(err)
	}
	if err := os.Rename(next, path); err != nil {
		_ = os.Remove(next)
		return step.failed(err)
	}
	return step.in(Done)
}

// removeFile removes a file of ours.
func (s *System) removeFile(step Step, opt Options) Step {
	old, err := os.ReadFile(s.file(step.Path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return step.in(Unchanged)
	case err != nil:
		return step.failed(err)
	case !ours(old):
		return step.skipped(ErrForeign)
	case opt.DryRun:
		return step.in(Planned)
	}
	if err := os.Remove(s.file(step.Path)); err != nil {
		return step.failed(err)
	}
	return step.in(Done)
}

func ours(content []byte) bool { return strings.HasPrefix(string(content), mark+"\n") }

func (s Step) in(state State) Step {
	s.State = state
	return s
}

func (s Step) skipped(reason error) Step {
	s.State, s.Reason = Skipped, reason
	return s
}

func (s Step) failed(err error) Step {
	s.State, s.Reason = Failed, err
	return s
}

// look returns the place that the settings are read from.
func (s *System) look() place { return place{os.DirFS(s.Root), s.Getenv} }

// openSC is the step about OpenSC's module. That module shows the same card
// again, leaves the PIN open, and spends the last try.
func (s *System) openSC(opt Options) (Step, bool) {
	name, there := s.look().openSCModule()
	step := Step{Kind: OpenSC, Path: filepath.Join(s.look().config(), name)}
	step.Content = mark + "\n# OpenSC's module shows the My Number Card a second time.\nenable-in: none-but-jpki\n"
	if !there {
		return step, false
	}
	old, err := os.ReadFile(s.file(step.Path))
	switch {
	case opt.Remove:
		if err != nil {
			return step, false
		}
		step.Content = ""
		return s.removeFile(step, opt), true
	case err == nil && !ours(old):
		return step, false // this user has decided
	case !opt.HideOpenSC && err != nil:
		step.Content = ""
		return step.skipped(ErrNotAsked), true
	}
	return s.writeFile(step, opt), true
}

// proxies are where the library is that shows p11-kit's modules as one.
var proxies = []string{
	"/usr/lib/*/p11-kit-proxy.so", "/usr/lib64/p11-kit-proxy.so", "/usr/lib/p11-kit-proxy.so", "/usr/local/lib/p11-kit-proxy.so",
	"/opt/homebrew/lib/p11-kit-proxy.dylib", "/usr/local/lib/p11-kit-proxy.dylib",
}

// proxy finds it; empty where there is none.
func (s *System) proxy() string {
	for _, pattern := range proxies {
		found, _ := filepath.Glob(s.file(pattern))
		if len(found) > 0 {
			rel, err := filepath.Rel(s.Root, found[0])
			if err == nil {
				return "/" + rel
			}
		}
	}
	return ""
}
