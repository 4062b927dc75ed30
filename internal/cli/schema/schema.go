// Package schema holds a JSON Schema (2020-12) of every document that the
// program writes, one a file, by the document's name.
package schema

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

// Files are the schemas, NAME.json each.
//
//go:embed *.json
var Files embed.FS

// Names lists the documents.
func Names() (names []string) {
	files, err := fs.Glob(Files, "*.json")
	if err != nil {
		panic(err) // the pattern is right
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, ".json"))
	}
	slices.Sort(names)
	return names
}
