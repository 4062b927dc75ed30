package judging

import (
	"context"
	"runtime"

	"github.com/jpki-tools/jpki/internal/ui"
)

// FileFinding holds the signatures of one file, before their signers are
// judged.
type FileFinding struct {
	file       string // as it is shown
	path       string
	signatures []Found
	notes      []text // remarks about the file
	err        error
}

// FindAll searches files on every processor. It hands over the findings in the
// order of the files, as soon as possible. It keeps only a few findings at a
// time, for any number of files.
//
// Files of a folder or ZIP without a signature are not handed over. FindAll
// returns the names of those that no signature next to them covers, if anything
// is signed there at all.
//
// It returns at once when ctx ends. Searches under way are abandoned, because
// the program then ends.
func (f *Finder) FindAll(ctx context.Context, files []Target, each func(FileFinding) error) (bare []string, err error) {
	within, stop := context.WithCancel(ctx)
	defer stop()
	type task struct {
		file Target
		done chan FileFinding
	}
	workers := min(runtime.GOMAXPROCS(0), len(files))
	tasks := make(chan task)
	inOrder := make(chan task, 4*workers)
	for range workers {
		go func() {
			for t := range tasks {
				t.done <- f.look(within, t.file)
			}
		}()
	}
	go func() {
		defer close(tasks)
		defer close(inOrder)
		for _, file := range files {
			t := task{file, make(chan FileFinding, 1)}
			for _, to := range []chan<- task{inOrder, tasks} {
				select {
				case to <- t:
				case <-within.Done():
					return
				}
			}
		}
	}()
	signed := map[string]bool{}  // folders and ZIPs, by whether anything in them is
	covered := map[string]bool{} // files that signatures in other files are over
	var without []Target
	progress := f.filesProgress(len(files))
	defer progress.Done()
	for t := range inOrder {
		select {
		case found := <-t.done:
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			progress.Advance(1)
			if within := t.file.within; within != "" {
				signed[within] = signed[within] || !unsigned(found)
				if unsigned(found) {
					without = append(without, t.file)
					continue
				}
				for _, s := range found.signatures {
					for _, over := range s.over {
						covered[over] = true
					}
				}
			}
			if err := each(found); err != nil {
				return nil, err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	for within, any := range signed {
		if !any {
			if err := each(FileFinding{file: within, err: noSignature(within)}); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range without {
		if signed[t.within] && !covered[t.path] {
			bare = append(bare, t.Name)
		}
	}
	return bare, context.Cause(ctx)
}

// filesProgress shows how far a check of many files came; nil where the report
// itself shows that.
func (f *Finder) filesProgress(files int) *ui.Progress {
	if files == 1 || ui.IsTerminal(f.IO.Out) {
		return nil
	}
	return f.IO.Progress(text{JA: "署名を確かめています", EN: "checking signatures"}, int64(files), f.Now)
}
