package p11setup

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// Found is the state of a user's settings.
type Found struct {
	Modules []Module
	// Twice: OpenSC's module shows the card, too.
	Twice bool
	// Without are the databases of browsers that do not know p11-kit, by the
	// browser.
	Without []string
}

// Find looks at a user's settings. files is everything below /.
func Find(files fs.FS, getenv func(string) string) (f Found) {
	p := place{files, getenv}
	f.Modules = p.modules()
	if name, there := p.openSCModule(); there {
		_, err := fs.Stat(files, inside(filepath.Join(p.config(), name)))
		f.Twice = err != nil
	}
	for _, d := range p.databases() {
		if m := p.has(d); !d.confined && !m.ours && !m.other && !slices.Contains(f.Without, d.program) {
			f.Without = append(f.Without, d.program)
		}
	}
	return f
}

// place is where a user's settings are.
type place struct {
	files  fs.FS // below /
	getenv func(string) string
}

// inside is a path as an [fs.FS] of everything below / has it.
func inside(path string) string {
	return strings.TrimPrefix(filepath.ToSlash(filepath.Clean(path)), "/")
}

// config is the folder of this user's module files.
func (p place) config() string {
	base := p.getenv("XDG_CONFIG_HOME")
	if base == "" {
		base = filepath.Join(p.getenv("HOME"), ".config")
	}
	return filepath.Join(base, "pkcs11", "modules")
}

// Module is a module file of ours, as it is.
type Module struct {
	Path    string
	Program string // which it starts; empty where that cannot be read from it
	There   bool   // the program
}

// modules are the module files of this user that start jpki.
func (p place) modules() (all []Module) {
	for _, key := range []string{"auth", "sign"} {
		m := Module{Path: filepath.Join(p.config(), moduleName(key))}
		b, err := fs.ReadFile(p.files, inside(m.Path))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if command, ok := strings.CutPrefix(strings.TrimSpace(line), "remote: |"); ok {
				m.Program = firstWord(command)
			}
		}
		if info, err := fs.Stat(p.files, inside(m.Program)); err == nil {
			m.There = info.Mode().IsRegular() && info.Mode()&0o111 != 0
		}
		all = append(all, m)
	}
	return all
}

func firstWord(line string) string {
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		var word strings.Builder
		for i := 0; i < len(rest) && rest[i] != '"'; i++ {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			}
			word.WriteByte(rest[i])
		}
		return word.String()
	}
	word, _, _ := strings.Cut(line, " ")
	return word
}

// moduleFolders are those of the whole system.
var moduleFolders = []string{"/usr/share/p11-kit/modules", "/etc/pkcs11/modules", "/opt/homebrew/share/p11-kit/modules", "/usr/local/share/p11-kit/modules"}

// openSCModule is the name of OpenSC's module file, where there is one.
func (p place) openSCModule() (string, bool) {
	for _, folder := range moduleFolders {
		entries, _ := fs.ReadDir(p.files, inside(folder))
		for _, e := range entries {
			b, _ := fs.ReadFile(p.files, inside(filepath.Join(folder, e.Name())))
			if strings.HasSuffix(e.Name(), ".module") && strings.Contains(string(b), "opensc-pkcs11") {
				return e.Name(), true
			}
		}
	}
	return "", false
}

// databases lists those that there are: a browser makes its own when it is
// started for the first time.
func (p place) databases() (all []database) {
	home := p.getenv("HOME")
	data := p.getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	config := filepath.Dir(filepath.Dir(p.config()))
	for _, folder := range []string{filepath.Join(home, ".pki", "nssdb"), filepath.Join(data, "pki", "nssdb")} {
		if p.isDatabase(folder) {
			all = append(all, database{"Chromium, Chrome", folder, false})
		}
	}
	for _, folder := range []string{
		filepath.Join(home, ".mozilla", "firefox"), filepath.Join(config, "mozilla", "firefox"),
		filepath.Join(home, "Library", "Application Support", "Firefox"),
	} {
		for _, profile := range p.profiles(folder) {
			all = append(all, database{"Firefox", profile, false})
		}
	}
	for _, folder := range []string{
		filepath.Join(home, "snap", "firefox", "common", ".mozilla", "firefox"),
		filepath.Join(home, ".var", "app", "org.mozilla.firefox", ".mozilla", "firefox"),
	} {
		for _, profile := range p.profiles(folder) {
			all = append(all, database{"Firefox", profile, true})
		}
	}
	return all
}

func (p place) isDatabase(folder string) bool {
	info, err := fs.Stat(p.files, inside(filepath.Join(folder, "cert9.db")))
	return err == nil && info.Mode().IsRegular()
}

// profiles are the folders of Firefox's profiles.ini that hold a database.
func (p place) profiles(folder string) (all []string) {
	b, err := fs.ReadFile(p.files, inside(filepath.Join(folder, "profiles.ini")))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "Path=")
		if !ok {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		if p.isDatabase(path) && !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	return all
}

// modules are the p11-kit modules in a database.
type modules struct{ ours, other bool }

// has reads pkcs11.txt, in which a database lists its modules.
func (p place) has(d database) (m modules) {
	b, _ := fs.ReadFile(p.files, inside(filepath.Join(d.folder, "pkcs11.txt")))
	library := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "library="); ok {
			library = filepath.Base(v)
		}
		if name, ok := strings.CutPrefix(line, "name="); ok && strings.HasPrefix(library, "p11-kit-proxy.") {
			m.ours = m.ours || name == nssName
			m.other = m.other || name != nssName
		}
	}
	return m
}
