package testkit

import (
	"strings"
	"testing"
)

// TestDocuments: the check sees what it is for.
func TestDocuments(t *testing.T) {
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
		if _, err := Documents([]byte(data)); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", data, err, want)
		}
	}
}
