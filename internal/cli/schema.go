package cli

import (
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/cli/schema"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/problem"
)

// showSchema writes the schema of a document: jpki help json NAME.
func showSchema(a *command.App, args []string) error {
	if len(args) == 1 && slices.Contains(schema.Names(), args[0]) {
		data, err := schema.Files.ReadFile(args[0] + ".json")
		if err == nil {
			_, err = a.IO.Out.Write(data)
		}
		return err
	}
	return problem.Misuse(text{JA: "「%s」というJSON文書はありません。", EN: "There is no JSON document %q."}.With(strings.Join(args, " "))).
		WithNext(text{JA: "一覧は jpki help json で見られます。", EN: "For the documents: jpki help json."})
}
