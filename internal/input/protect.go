package input

import (
	"os"
	"slices"

	"github.com/jpki-tools/jpki/internal/problem"
)

// FilesOf looks up files; those that are not there are left out.
func FilesOf(names []string) (files []os.FileInfo) {
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			files = append(files, info)
		}
	}
	return files
}

// RefuseOverwrite refuses a target that is also an input. --force does not
// allow that.
func RefuseOverwrite(target string, sources []os.FileInfo, option string) error {
	there, err := os.Stat(target)
	if err != nil || !slices.ContainsFunc(sources, func(s os.FileInfo) bool { return os.SameFile(s, there) }) {
		return nil
	}
	return problem.Misuse(text{JA: "「%s」はこの実行で読むファイルなので、結果を上書きできません。", EN: "%s is an input: the result cannot replace it."}.With(target)).
		WithNext(text{JA: "%s で別の名前を指定してください。", EN: "Give another name with %s."}.With(option))
}
