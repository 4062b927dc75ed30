package judging

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/application"
	"github.com/jpki-tools/jpki/internal/bundle"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
)

// Target is a file to look at: one that was named, or one in a folder or ZIP
// that was.
type Target struct {
	Name string // as it is shown

	path   string
	within string // the folder or ZIP that was named, of a file that need not be signed
	folder string // where it was unpacked; "" if it was not
	inside string // the ZIP, or the folder in it, that folder stands for
	notes  []text
}

// shown is the name of a file next to t, as the person knows it. The folder of
// an unpacked ZIP is known to nobody.
func (t Target) shown(path string) string {
	if rest, unpacked := strings.CutPrefix(path, t.folder); unpacked && t.folder != "" {
		return t.inside + rest
	}
	return path
}

// Named returns the files by name, without opening folders and ZIPs among them.
func Named(names ...string) (targets []Target) {
	for _, name := range names {
		targets = append(targets, Target{Name: name, path: name})
	}
	return targets
}

// Expand replaces folders and ZIPs among the names by their files. An e-Gov
// application gives the documents that its form wants signed. Other folders and
// ZIPs give all files; of these, files without a signature are skipped later. A
// ZIP with a signature beside it stays one file, and so does a document in a
// ZIP-based format. Expand unpacks other ZIPs into a folder that only this user
// can read; release removes it.
func Expand(ctx context.Context, names []string) (targets []Target, release func(), err error) {
	var unpacked []string
	release = func() {
		for _, dir := range unpacked {
			_ = os.RemoveAll(dir)
		}
	}
	for _, name := range names {
		if !isContainer(name) {
			targets = append(targets, Named(name)...)
			continue
		}
		if isSignedBeside(name) {
			targets = append(targets, Named(name)...)
			if !application.LooksLike(name) {
				continue
			}
		}
		b, err := bundle.Open(name)
		if refused := (*bundle.Error)(nil); errors.As(err, &refused) && !application.LooksLike(name) {
			if inside := plainFiles(name); inside != nil {
				targets = append(targets, inside...)
				continue
			}
			if isOtherFormat(name) {
				targets = append(targets, Named(name)...)
				continue
			}
			err = notExpanded(err)
		}
		if err != nil {
			release()
			return nil, nil, err
		}
		dir := filepath.Join(name, b.Inner)
		if !b.IsFolder() {
			if dir, err = unpack(ctx, b); dir != "" {
				unpacked = append(unpacked, dir)
			}
		}
		if err == nil {
			var found []Target
			found, err = filesIn(b, name, dir)
			targets = append(targets, found...)
		}
		b.Close()
		if err != nil {
			release()
			return nil, nil, err
		}
	}
	return targets, release, nil
}

// notExpanded explains a folder or ZIP that cannot be opened as a container and
// is no e-Gov application.
func notExpanded(err error) error {
	return problem.New(problem.Input, explain.Error(err).What,
		text{JA: "ZIPなら展開して、確かめるファイルか、ファイルの入っているフォルダーを指定してください。", EN: "Unpack a ZIP, and name the files to check or the folder that they are in."}).Because(err)
}

// isContainer reports whether a path is a folder or a ZIP.
func isContainer(name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	if info.IsDir() {
		return true
	}
	if !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	n, _ := f.Read(head)
	return bundle.IsZIP(head[:n])
}

// isSignedBeside reports whether a signature over the whole ZIP lies next to
// it.
func isSignedBeside(name string) bool {
	info, err := os.Stat(name)
	if err != nil || info.IsDir() {
		return false
	}
	return slices.ContainsFunc(detachedEndings, func(ending string) bool {
		info, err := os.Stat(name + ending)
		return err == nil && info.Mode().IsRegular()
	})
}

// isOtherFormat reports a document format that uses ZIP inside, such as an
// office document. It counts as an ordinary file.
func isOtherFormat(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir() && !strings.EqualFold(filepath.Ext(name), ".zip")
}

// plainFiles returns the files directly in a folder that is no application,
// without links. It is nil for a ZIP.
func plainFiles(name string) (targets []Target) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !bundle.AddedBySystem(e.Name()) {
			path := filepath.Join(name, e.Name())
			targets = append(targets, Target{Name: path, path: path, within: name})
		}
	}
	return targets
}

// NotEntered lists the folders that lie in the folders of the targets, and that
// nobody looked into: only an application has its files in one of them.
func NotEntered(targets []Target) (folders []string) {
	seen := map[string]bool{}
	for _, t := range targets {
		if t.within == "" || seen[t.within] || filepath.Dir(t.path) != filepath.Clean(t.within) {
			continue
		}
		seen[t.within] = true
		entries, err := os.ReadDir(t.within)
		if err != nil {
			continue // a ZIP
		}
		for _, e := range entries {
			if e.IsDir() && !bundle.AddedBySystem(e.Name()) {
				folders = append(folders, filepath.Join(t.within, e.Name()))
			}
		}
	}
	return folders
}

func unpack(ctx context.Context, b *bundle.Bundle) (string, error) {
	dir, err := os.MkdirTemp("", "jpki-")
	if err != nil {
		return "", err
	}
	return dir, b.WriteFolder(ctx, dir, nil)
}

// filesIn are the files of a bundle that are looked at, in dir.
func filesIn(b *bundle.Bundle, name, dir string) (targets []Target, err error) {
	target := func(f *bundle.File) Target {
		t := Target{Name: filepath.Join(name, b.Inner, f.Name), path: filepath.Join(dir, f.Name)}
		if !b.IsFolder() {
			t.folder, t.inside = dir, filepath.Join(name, b.Inner)
		}
		return t
	}
	app, err := application.Find(b)
	if errors.Is(err, application.ErrNone) {
		for _, f := range b.Files {
			t := target(f)
			t.within = name
			targets = append(targets, t)
		}
		return targets, nil
	}
	if err != nil {
		return nil, err
	}
	for _, p := range app.Parts {
		targets = append(targets, target(p.File))
	}
	first := &targets[0]
	if !slices.Contains(app.Parts, app.Main) {
		first.notes = append(first.notes, text{
			JA: "個別署名形式の申請です。「%s」には、様式により署名がありません",
			EN: "an application signed file by file: %s has no signature, by its form",
		}.With(target(app.Main.File).Name))
	}
	first.notes = append(first.notes, notInApplication(app)...)
	return targets, nil
}

// notInApplication names the files of an application that no signature is over,
// and that no signed document names: anybody can have put them there.
func notInApplication(app *application.Application) (notes []text) {
	tell := func(about text, names []string) {
		if len(names) > 0 {
			notes = append(notes, about.With(NameList(names)))
		}
	}
	tell(text{
		JA: "署名のないkousei.xmlに名前があるだけで、どの署名の対象でもないファイルがあります: %s",
		EN: "files that only kousei.xml names, which is not signed, and that no signature is over: %s",
	}, app.Unsigned())
	tell(text{
		JA: "申請のどこにも名前がなく、どの署名の対象でもないファイルがあります: %s",
		EN: "files that the application names nowhere, and that no signature is over: %s",
	}, app.Strays)
	return notes
}

// NameList names files, the first of many.
func NameList(names []string) text {
	const most = 20
	var list []text
	for _, n := range names[:min(len(names), most)] {
		list = append(list, i18n.Same("%s").With(n))
	}
	if more := len(names) - most; more > 0 {
		list = append(list, text{JA: "ほか%d個", EN: "%d more"}.With(more))
	}
	return i18n.Join(text{JA: "、", EN: ", "}, list...)
}

// unsigned reports a file of a folder that holds no signature. A file named like
// a signature that cannot be read is a damaged one.
func unsigned(f FileFinding) bool {
	p, ok := problem.As(f.err)
	return ok && p.Code == problem.Invalid && len(f.signatures) == 0 &&
		!isNamedSignature(f.path)
}

// isNamedSignature reports whether a file has the ending of a signature or
// timestamp.
func isNamedSignature(path string) bool {
	return slices.Contains([]string{".p7s", ".p7m", ".tsr"}, strings.ToLower(filepath.Ext(path)))
}
