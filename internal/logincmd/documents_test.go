package logincmd

import (
	"bytes"
	"io"
	"testing"

	"github.com/jpki-tools/jpki/internal/p11setup"
	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/internal/ui"
)

func TestDocuments(t *testing.T) {
	moved := "https://example.jp/"
	for _, test := range []struct {
		name string
		doc  any
	}{
		{"tls", pageJSON{Schema: "jpki.tls/v1"}},
		{"tls", pageJSON{Schema: "jpki.tls/v1", Body: []byte("page"), Location: &moved}},
		{"ssh-agent", socketJSON{Schema: "jpki.ssh-agent/v1", Socket: "/run/agent"}},
		{"pkcs11-setup", newSetupDocument(p11setup.Options{Keys: []string{"auth"}}, []p11setup.Step{
			{Kind: p11setup.ModuleFile, State: p11setup.Done, Path: "/m", Content: "remote: |jpki pkcs11"},
			{Kind: p11setup.NSS, State: p11setup.Failed, Path: "/db", Program: "Firefox", Reason: io.ErrUnexpectedEOF},
			{Kind: p11setup.OpenSC, State: p11setup.Skipped, Path: "/o", Reason: p11setup.ErrNotAsked},
		})},
	} {
		var b bytes.Buffer
		testkit.Must(t, ui.WriteJSON(&b, test.doc))
		if names, err := testkit.Documents(b.Bytes()); err != nil || len(names) != 1 || names[0] != test.name {
			t.Errorf("%v, %v: %s", names, err, b.String())
		}
	}
}
