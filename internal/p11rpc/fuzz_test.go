package p11rpc

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzAnswer shows that no body makes a call panic, and that every answer has
// the form that the client expects.
func FuzzAnswer(f *testing.F) {
	files, _ := filepath.Glob("testdata/*")
	for _, path := range files {
		if strings.HasSuffix(path, ".txt") || strings.HasSuffix(path, "fuzz") {
			continue
		}
		_, frames := recorded(f, filepath.Base(path))
		for _, frame := range frames {
			f.Add(frame.body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		asked := bytes.Clone(body)
		got, err := answer(t.Context(), &module{}, body)
		if err != nil {
			return
		}
		if !bytes.Equal(asked, body) {
			t.Error("the request was changed")
		}
		r := &reader{b: got}
		id, signature := r.uint32(), string(r.counted())
		if id == 0 {
			if rv := RV(r.ulong()); rv == 0 || rv == GeneralError || signature != "u" || r.err() != nil {
				t.Errorf("refused with %v: a panic, or no refusal", rv)
			}
			return
		}
		if signature != calls[id].answer {
			t.Errorf("call %d answers %q", id, signature)
		}
		if read(r, signature); r.err() != nil {
			t.Errorf("the answer to %d is not %q: % X", id, signature, got)
		}
	})
}

// read takes values of a signature off, as a client does.
func read(r *reader, signature string) {
	for len(signature) > 0 {
		switch {
		case strings.HasPrefix(signature, "ay"):
			if r.byte() != 0 {
				r.counted()
			} else {
				r.uint32()
			}
		case strings.HasPrefix(signature, "au"):
			if present, n := r.byte(), r.uint32(); present != 0 {
				r.take(8 * n)
			}
		case strings.HasPrefix(signature, "aA"):
			r.attributes()
		case signature[0] == 'u':
			r.ulong()
			signature = signature[1:]
			continue
		case signature[0] == 's':
			r.counted()
			signature = signature[1:]
			continue
		case signature[0] == 'v':
			r.take(2)
			signature = signature[1:]
			continue
		default:
			r.failed = true
		}
		signature = signature[2:]
	}
}

// FuzzServe shows that no stream of bytes makes the server hang or panic.
func FuzzServe(f *testing.F) {
	for _, name := range []string{"0.24.1-sign", "0.25.5-pss", "0.25.5-toollogin"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		conn := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(stream), io.Discard}
		_ = Serve(t.Context(), conn, &module{})
	})
}
