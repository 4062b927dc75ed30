package p11setup

import (
	"context"
	"path/filepath"
	"slices"
)

// nssName is the module's name in a database.
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
	for _, d := range s.look().databases() {
		step := Step{Kind: NSS, Path: d.folder, Program: d.program}
		has := s.look().has(d)
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
	return slices.ContainsFunc(s.look().modules(), func(m Module) bool {
		return !slices.ContainsFunc(opt.Keys, func(key string) bool { return moduleName(key) == filepath.Base(m.Path) })
	})
}
