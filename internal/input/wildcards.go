package input

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/problem"
)

// Names returns the file names among a command's arguments. On Windows it
// replaces * and ?, because programs must do that themselves; elsewhere the
// shell has done it.
func Names(args []string) ([]string, error) {
	if runtime.GOOS != "windows" {
		return args, nil
	}
	return expand(args)
}

// expand replaces each name with * or ? by those that it stands for, in order.
// One that stands for none is an error.
func expand(args []string) (names []string, err error) {
	for _, arg := range args {
		if !wild(arg) {
			names = append(names, arg)
			continue
		}
		found := matches(arg)
		if len(found) == 0 {
			return nil, problem.New(problem.Input,
				text{JA: "%sに合うファイルがありません。", EN: "No file matches %s."}.With(arg),
				text{JA: "名前とフォルダーを確かめてください。", EN: "Check the name and the folder."})
		}
		names = append(names, found...)
	}
	return names, nil
}

func isSeparator(r rune) bool { return r == '/' || r == filepath.Separator }

// wild reports * or ? behind the drive or server: a path with \\?\ has no
// wildcard there.
func wild(name string) bool {
	return strings.ContainsAny(name[len(filepath.VolumeName(name)):], "*?")
}

// matches lists the paths that a pattern stands for. Folders in it may be
// patterns too.
func matches(pattern string) (found []string) {
	folder, last := filepath.Split(pattern)
	if last == "" { // ends with a separator: folders
		name := strings.TrimRightFunc(folder, isSeparator)
		if !wild(name) {
			return []string{folder}
		}
		for _, path := range matches(name) {
			if info, err := os.Stat(path); err == nil && info.IsDir() {
				found = append(found, path+string(filepath.Separator))
			}
		}
		return found
	}
	folders := []string{folder}
	if wild(folder) {
		folders = matches(folder)
	}
	for _, folder := range folders {
		if !wild(last) {
			if _, err := os.Lstat(folder + last); err == nil {
				found = append(found, folder+last)
			}
			continue
		}
		in := folder
		if in == "" {
			in = "."
		}
		entries, _ := os.ReadDir(in) // an unreadable folder has no names
		for _, entry := range entries {
			if fits([]rune(strings.ToLower(last)), []rune(strings.ToLower(entry.Name()))) {
				found = append(found, folder+entry.Name())
			}
		}
	}
	slices.Sort(found)
	return found
}

// fits matches a name with a pattern: * stands for any characters and ? for
// one. A name with a leading dot matches only a pattern with a leading dot.
func fits(pattern, name []rune) bool {
	if len(name) > 0 && name[0] == '.' && (len(pattern) == 0 || pattern[0] != '.') {
		return false
	}
	// The last * can always be made longer: work grows with the product of the
	// lengths, not beyond.
	star, after := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, after = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			after++
			p, n = star+1, after
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
