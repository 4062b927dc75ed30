package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/jpki-tools/jpki/internal/cli/schema"
)

// validators check the program's output against its schemas. They are stricter
// than other programs should be: an unknown member is an error.
var validators = func() map[string]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range schema.Names() {
		doc := Schema(name)
		closeObjects(doc)
		if err := compiler.AddResource(name, doc); err != nil {
			panic(err)
		}
	}
	all := map[string]*jsonschema.Schema{}
	for _, name := range schema.Names() {
		all[name] = compiler.MustCompile(name)
	}
	return all
}()

// Schema reads the schema of a document.
func Schema(name string) any {
	data, err := schema.Files.ReadFile(name + ".json")
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	return doc
}

// closeObjects has every object of a schema refuse members it does not name.
func closeObjects(node any) {
	switch x := node.(type) {
	case map[string]any:
		if _, object := x["properties"]; object && x["type"] == "object" {
			x["additionalProperties"] = false
		}
		for _, below := range x {
			closeObjects(below)
		}
	case []any:
		for _, below := range x {
			closeObjects(below)
		}
	}
}

// Documents holds every document in data, one or many, against its schema,
// and names them.
func Documents(data []byte) (names []string, err error) {
	for dec := json.NewDecoder(bytes.NewReader(data)); ; {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err == io.EOF {
			return names, nil
		} else if err != nil {
			return names, fmt.Errorf("not JSON: %w: %.200s", err, data)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			return names, err
		}
		name := "error"
		if members, ok := doc.(map[string]any); ok && members["schema"] != nil {
			name = documentName.ReplaceAllString(fmt.Sprint(members["schema"]), "$1")
		}
		validator, ok := validators[name]
		if !ok {
			return names, fmt.Errorf("there is no internal/cli/schema/%s.json", name)
		}
		if err := validator.Validate(doc); err != nil {
			return names, fmt.Errorf("internal/cli/schema/%s.json: %w", name, err)
		}
		names = append(names, name)
	}
}

var documentName = regexp.MustCompile(`^jpki\.([a-z0-9-]+)/v1$`)
