package p11setup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// nssName is what the module is called in a database.
const nssName = "jpki"

// database is one of NSS, which a browser uses.
type database struct {
	program, folder string
	confined        bool
}

// databases adds the module to each database, or takes it out of it.
func (s *System) databases(ctx context.Context, opt Options, proxy string) (steps []Step) {
	if opt.Remove && s.staying(opt) {
		return nil // the file of the other key needs it
	}
	modutil, err := s.Look("modutil")
	for _, d := range s.find() {
		step := Step{Kind: NSS, Path: d.folder, Program: d.program}
		has := s.has(d)
		switch {
		case d.confined && opt.Remove:
			continue
		case d.confined:
			step = step.skipped(ErrConfined)
		case has.other:
			step = step.in(Unchanged) // the whole system's p11-kit is in it
		case has.ours != opt.Remove:
			step = step.in(Unchanged)
		case err != nil:
			step = step.skipped(ErrNoModutil)
		case opt.DryRun:
			step = step.in(Planned)
		default:
			args := []string{"-force", "-dbdir", "sql:" + s.file(d.folder), "-add", nssName, "-libfile", proxy}
			if opt.Remove {
				args = []string{"-force", "-dbdir", "sql:" + s.file(d.folder), "-delete", nssName}
			}
			if err := s.Run(ctx, modutil, args...); err != nil {
				step = step.failed(err)
			} else {
				step = step.in(Done)
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// staying reports whether a file of ours is there for a key that is not meant.
func (s *System) staying(opt Options) bool {
	return slices.ContainsFunc(s.Modules(), func(m Module) bool {
		return !slices.ContainsFunc(opt.Keys, func(key string) bool { return moduleName(key) == filepath.Base(m.Path) })
	})
}

// find lists the databases that there are: a browser makes its own when it is
// started for the first time.
func (s *System) find() (all []database) {
	home := s.Getenv("HOME")
	data := s.Getenv("XDG_DATA_HOME")
	if data == "" {
		data = filepath.Join(home, ".local", "share")
	}
	config := s.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(home, ".config")
	}
	for _, folder := range []string{filepath.Join(home, ".pki", "nssdb"), filepath.Join(data, "pki", "nssdb")} {
		if s.isDatabase(folder) {
			all = append(all, database{"Chromium, Chrome", folder, false})
		}
	}
	for _, folder := range []string{
		filepath.Join(home, ".mozilla", "firefox"), filepath.Join(config, "mozilla", "firefox"),
		filepath.Join(home, "Library", "Application Support", "Firefox"),
	} {
		for _, profile := range s.profiles(folder) {
			all = append(all, database{"Firefox", profile, false})
		}
	}
	for _, folder := range []string{
		filepath.Join(home, "snap", "firefox", "common", ".mozilla", "firefox"),
		filepath.Join(home, ".var", "app", "org.mozilla.firefox", ".mozilla", "firefox"),
	} {
		for _, profile := range s.profiles(folder) {
			all = append(all, database{"Firefox", profile, true})
		}
	}
	return all
}

func (s *System) isDatabase(folder string) bool {
	info, err := os.Stat(s.file(filepath.Join(folder, "cert9.db")))
	return err == nil && info.Mode().IsRegular()
}

// profiles are the folders of Firefox's profiles.ini that hold a database.
func (s *System) profiles(folder string) (all []string) {
	b, err := os.ReadFile(s.file(filepath.Join(folder, "profiles.ini")))
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
		if s.isDatabase(path) && !slices.Contains(all, path) {
			all = append(all, path)
		}
	}
	return all
}

// modules are what a database has of p11-kit.
type modules struct{ ours, other bool }

// has reads pkcs11.txt, in which a database lists its modules.
func (s *System) has(d database) (m modules) {
	b, _ := os.ReadFile(s.file(filepath.Join(d.folder, "pkcs11.txt")))
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
