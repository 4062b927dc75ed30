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

	"github.com/jpki-tools/jpki/internal/cli/schema"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/signing"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/watch"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// watchJSON records the output of a run under --json. check then returns its
// fault.
func watchJSON(cfg *command.Config) (check func() error) {
	// Nobody reads output to a device, and /dev/full has to refuse it.
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
		if _, err := testkit.Documents(written[0].Bytes()); err != nil {
			return fmt.Errorf("standard output: %w", err)
		}
		// Notes that are none of the document go there too.
		if start := bytes.Index(written[1].Bytes(), []byte("{\n")); start >= 0 {
			if _, err := testkit.Documents(written[1].Bytes()[start:]); err != nil {
				return fmt.Errorf("standard error: %w", err)
			}
		}
		return nil
	}
}

// TestEveryDocument writes each document once, and validates it against its
// schema. The documents in the scripts are validated, too.
func TestEveryDocument(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.txt")
	if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	written := map[string]bool{}
	take := func(what string, data []byte) {
		names, err := testkit.Documents(data)
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
		{"version", ""}, {"doctor", ""}, {"doctor --report", ""}, {"nonsense", ""}, {"guide", ""}, {"guide lost", ""}, {"guide --sources", ""},
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
		Run(t.Context(), command.Config{
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
	// There may be no reader where this runs, and no server; an agent stays, and
	// a setup changes other programs: the packages of those commands test them.
	for _, name := range []string{"readers", "tls", "ssh-agent", "pkcs11-setup"} {
		written[name] = true
	}
	for _, name := range schema.Names() {
		if !written[name] {
			t.Errorf("no command of this test writes %s", name)
		}
	}
}

// TestSchemasAreComplete shows that each document in the source has a schema,
// and each schema a document.
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
	if got, want := schema.Names(), slices.Sorted(maps.Keys(inSource)); !slices.Equal(got, want) {
		t.Errorf("internal/cli/schema has %v, the source writes %v", got, want)
	}
}

// TestSchemas shows that the schemas are valid and self-contained, and that
// their common parts are equal.
func TestSchemas(t *testing.T) {
	shared := map[string]any{}
	for _, name := range schema.Names() {
		doc := testkit.Schema(name).(map[string]any)
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

// TestSchemasListAll shows that the values listed in a schema are those of the
// code.
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
		at := testkit.Schema(c.schema)
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
