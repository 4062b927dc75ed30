package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/jpki-tools/jpki/internal/cardcmd"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/logincmd"
	"github.com/jpki-tools/jpki/internal/p11setup"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/signing"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// validators hold what the program writes against its schemas, more strictly
// than others should: a member that the schema does not know is a mistake.
var validators = func() map[string]*jsonschema.Schema {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range schemaNames() {
		doc := loadSchema(name)
		closeObjects(doc)
		if err := compiler.AddResource(name, doc); err != nil {
			panic(err)
		}
	}
	all := map[string]*jsonschema.Schema{}
	for _, name := range schemaNames() {
		all[name] = compiler.MustCompile(name)
	}
	return all
}()

func loadSchema(name string) any {
	data, err := fs.ReadFile(Schemas(), name+".json")
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
func closeObjects(schema any) {
	switch x := schema.(type) {
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

// checkJSON holds every document in data, one or many, against its schema.
func checkJSON(data []byte) (names []string, err error) {
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
		schema, ok := validators[name]
		if !ok {
			return names, fmt.Errorf("there is no internal/cli/schema/%s.json", name)
		}
		if err := schema.Validate(doc); err != nil {
			return names, fmt.Errorf("internal/cli/schema/%s.json: %w", name, err)
		}
		names = append(names, name)
	}
}

var documentName = regexp.MustCompile(`^jpki\.([a-z0-9-]+)/v1$`)

// watchJSON lets a run of the program under --json write where it would, and
// says afterwards what is wrong with it.
func watchJSON(cfg *command.Config) (check func() error) {
	// What goes to a device is read by nobody, and /dev/full has to refuse it.
	info, err := cfg.Stdout.Stat()
	if !slices.Contains(cfg.Args, "--json") || err == nil && info.Mode()&os.ModeDevice != 0 {
		return func() error { return nil }
	}
	var written [2]bytes.Buffer
	done := make(chan struct{})
	var ends []*os.File
	for i, out := range []**os.File{&cfg.Stdout, &cfg.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		to := *out
		*out = w
		ends = append(ends, w)
		go func() {
			_, _ = io.Copy(io.MultiWriter(&written[i], to), r)
			done <- struct{}{}
		}()
	}
	return func() error {
		for _, w := range ends {
			w.Close()
			<-done
		}
		if _, err := checkJSON(written[0].Bytes()); err != nil {
			return fmt.Errorf("standard output: %w", err)
		}
		// Notes that are none of the document go there too.
		if start := bytes.Index(written[1].Bytes(), []byte("{\n")); start >= 0 {
			if _, err := checkJSON(written[1].Bytes()[start:]); err != nil {
				return fmt.Errorf("standard error: %w", err)
			}
		}
		return nil
	}
}

// TestEveryDocument has each document written once, and held against its
// schema. What is written where in the scripts is, too.
func TestEveryDocument(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.txt")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	take := func(what string, data []byte) {
		names, err := checkJSON(data)
		if err != nil || len(names) == 0 {
			t.Errorf("%s: %v %q", what, err, data)
		}
		for _, name := range names {
			written[name] = true
		}
	}
	pin := func(lines string) *os.File {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.WriteString(lines) // far less than a pipe holds
		w.Close()
		return r
	}
	for _, c := range []struct{ line, stdin string }{
		{"status", ""}, {"status --card demo:foreign", ""}, {"status --pin-stdin", "DEMO123\n"},
		{"version", ""}, {"doctor", ""}, {"nonsense", ""}, {"guide", ""}, {"guide lost", ""}, {"guide --sources", ""},
		{"cert show auth-ca", ""}, {"cert show sign --personal --pin-stdin", "DEMO123\n"},
		{"pin status", ""}, {"pin verify auth --pin-stdin", "1234\n"}, {"pin change auth --pin-stdin --force", "1234\n1235\n"},
		{"pin verify auth --pin-stdin", "9999\n"},
		{"sign " + file + " --pin-stdin", "DEMO123\n"}, {"sign " + file + " --dry-run --force", ""},
		{"verify " + file + ".p7s --trust demo", ""}, {"verify " + file + ".p7s " + file, ""},
		{"timestamp " + file + ".missing --tsa http://127.0.0.1:1/", ""},
		{"watch --once", ""}, {"watch --once --card demo:no-pin", ""},
		{"ssh key", ""}, {"ca list", ""}, {"ca show auth-03", ""}, {"cert check auth --trust demo", ""},
	} {
		out, err := os.Create(filepath.Join(folder, "out"))
		if err != nil {
			t.Fatal(err)
		}
		args := append(strings.Fields(c.line), "--json", "--no-input")
		if !strings.Contains(c.line, "--card") {
			args = append(args, "--card", "demo")
		}
		Run(command.Config{
			Args: args, Stdin: pin(c.stdin), Stdout: out, Stderr: out, Now: func() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, cert.JST) },
			Getenv: func(name string) string { return map[string]string{"HOME": folder, "LocalAppData": folder}[name] },
		})
		out.Close()
		data, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		take(c.line, data)
	}
	// There may be no reader where this runs, and no server; an agent stays.
	var buf bytes.Buffer
	for _, readers := range [][]pcsc.ReaderState{nil, {{Name: "Reader", Present: true, ATR: []byte{0x3B, 0x80}}}} {
		if err := ui.WriteJSONLine(&buf, cardcmd.ReadersDocument(readers)); err != nil {
			t.Fatal(err)
		}
	}
	moved := "https://example.jp/"
	for _, doc := range []any{
		logincmd.PageJSON{Schema: "jpki.tls/v1", Body: []byte("page"), Location: &moved}, logincmd.PageJSON{Schema: "jpki.tls/v1"},
		logincmd.SocketJSON{Schema: "jpki.ssh-agent/v1", Socket: "/run/agent"},
		logincmd.SetupJSON(p11setup.Options{Keys: []string{"auth"}}, []p11setup.Step{
			{Kind: p11setup.ModuleFile, State: p11setup.Done, Path: "/m", Content: "remote: |jpki pkcs11"},
			{Kind: p11setup.NSS, State: p11setup.Failed, Path: "/db", Program: "Firefox", Reason: io.ErrUnexpectedEOF},
			{Kind: p11setup.OpenSC, State: p11setup.Skipped, Path: "/o", Reason: p11setup.ErrNotAsked},
		}),
	} {
		if err := ui.WriteJSONLine(&buf, doc); err != nil {
			t.Fatal(err)
		}
	}
	take("readers, tls, ssh agent, pkcs11 setup", buf.Bytes())
	for _, name := range schemaNames() {
		if !written[name] {
			t.Errorf("no command of this test writes %s", name)
		}
	}
}

// TestSchemasAreComplete: each document that the source names has its schema,
// and each schema its document.
func TestSchemasAreComplete(t *testing.T) {
	literal := regexp.MustCompile(`"jpki\.([a-z0-9-]+)/v1\\?"`)
	inSource := map[string]bool{"error": true} // it has no schema of its own name
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range literal.FindAllSubmatch(source, -1) {
			inSource[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := schemaNames(), slices.Sorted(maps.Keys(inSource)); !slices.Equal(got, want) {
		t.Errorf("internal/cli/schema has %v, the source writes %v", got, want)
	}
}

// TestSchemas: they are schemas, self-contained, and what they share is the
// same in each.
func TestSchemas(t *testing.T) {
	shared := map[string]any{}
	for _, name := range schemaNames() {
		doc := loadSchema(name).(map[string]any)
		if got := doc["$schema"]; got != "https://json-schema.org/draft/2020-12/schema" {
			t.Errorf("%s: $schema is %v", name, got)
		}
		if got := doc["title"]; name != "error" && got != "jpki."+name+"/v1" {
			t.Errorf("%s: title is %v", name, got)
		}
		if text, _ := json.Marshal(doc); regexp.MustCompile(`"\$ref":"[^#]`).Match(text) {
			t.Errorf("%s: a reference to another file", name)
		}
		parts, _ := doc["$defs"].(map[string]any)
		for part, is := range parts {
			if name == "error" && part == "problem" {
				continue // only there are the codes listed
			}
			if was, ok := shared[part]; ok && !reflect.DeepEqual(was, is) {
				t.Errorf("%s: $defs/%s is not what it is elsewhere", name, part)
			}
			shared[part] = is
		}
	}
}

// TestSchemasListAll: where a schema lists values, it lists those of the code.
func TestSchemasListAll(t *testing.T) {
	var codes []string
	for _, s := range problem.Statuses {
		for _, c := range s.Codes {
			codes = append(codes, string(c))
		}
	}
	var events []string
	for _, k := range watch.Kinds {
		events = append(events, string(k))
	}
	for _, c := range []struct {
		schema string
		path   []string
		want   []string
	}{
		{"error", []string{"$defs", "problem", "properties", "code"}, codes},
		{"watch", []string{"properties", "event"}, events},
		{"sign", []string{"properties", "signatures", "items", "properties", "format"}, append(signing.FormatNames(), "", "egov")},
		{"verify", []string{"$defs", "signature", "properties", "reasons", "items", "properties", "code"}, reasonCodes(t)},
		{"cert-check", []string{"properties", "reasons", "items", "properties", "code"}, reasonCodes(t)},
		{"verify", []string{"$defs", "verdict"},
			[]string{string(trust.Valid), string(trust.ValidRevocationUnchecked), string(trust.Invalid), string(trust.Indeterminate)}},
	} {
		at := loadSchema(c.schema)
		for _, step := range c.path {
			at = at.(map[string]any)[step]
		}
		var got []string
		for _, v := range at.(map[string]any)["enum"].([]any) {
			got = append(got, v.(string))
		}
		if slices.Sort(got); !slices.Equal(got, slices.Sorted(slices.Values(c.want))) {
			t.Errorf("%s %v: %v, want %v", c.schema, c.path, got, c.want)
		}
	}
}

// reasonCodes reads the codes of a verdict's reasons where they are declared, so
// that none is forgotten.
func reasonCodes(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "pkg", "indication", "indication.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
				code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				codes = append(codes, code)
			}
		}
		return true
	})
	if !slices.Contains(codes, string(trust.Generic)) {
		t.Fatalf("read only %v", codes)
	}
	return codes
}

// TestCheckJSON: the check sees what it is for.
func TestCheckJSON(t *testing.T) {
	const good = `{"schema":"jpki.version/v1","version":"1","commit":"","platform":"linux/amd64","go":"go1"}`
	for data, want := range map[string]string{
		good:            "",
		good + good:     "",
		"":              "",
		good + "\nnote": "not JSON",
		strings.Replace(good, `"go":"go1"`, `"go":1`, 1):                                          "version.json",
		strings.Replace(good, `"go"`, `"golang"`, 1):                                              "version.json",
		strings.Replace(good, `}`, `,"more":true}`, 1):                                            "version.json",
		`{"schema":"jpki.new/v1"}`:                                                                "no internal/cli/schema/",
		`{"error":{"code":"nonsense","message":"","hint":"","tries_left":null,"try_used":false}}`: "error.json",
		`{"error":{"code":"usage","message":"","hint":"","tries_left":null,"try_used":false}}`:    "",
	} {
		if _, err := checkJSON([]byte(data)); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}
