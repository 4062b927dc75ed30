package cli

import (
	"embed"
	"io/fs"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/problem"
)

// schemas holds a JSON Schema (2020-12) of every document that this program
// writes, one a file, by the document's name.
//
//go:embed schema/*.json
var schemas embed.FS

// Schemas are the files with the schemas, for what is packaged beside the
// program.
func Schemas() fs.FS {
	files, err := fs.Sub(schemas, "schema")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return files
}

// schemaNames lists the documents.
func schemaNames() (names []string) {
	files, err := fs.Glob(Schemas(), "*.json")
	if err != nil {
		panic(err) // the pattern is right
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, ".json"))
	}
	slices.Sort(names)
	return names
}

// showSchema writes the schema of a document: jpki help json NAME.
func showSchema(a *command.App, args []string) error {
	if len(args) == 1 && slices.Contains(schemaNames(), args[0]) {
		data, err := schemas.ReadFile("schema/" + args[0] + ".json")
		if err == nil {
			_, err = a.IO.Out.Write(data)
		}
		return err
	}
	return problem.Misuse(text{JA: "「%s」というJSON文書はありません。", EN: "There is no JSON document %q."}.With(strings.Join(args, " "))).
		WithNext(text{JA: "一覧は jpki help json で見られます。", EN: "For the documents: jpki help json."})
}
