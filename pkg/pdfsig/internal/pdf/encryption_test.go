package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEncrypted reads files that qpdf encrypted with an empty user password,
// for each revision of the standard handler (qpdf --allow-weak-crypto
// --compress-streams=n --encrypt "" owner BITS …).
func TestEncrypted(t *testing.T) {
	const most = uint32(0xFFFFFFFC)
	for name, access := range map[string]Access{
		"r2": Access(most), "r3": 0xFFFFFAD4, "r4-rc4": Access(most), "r4-aes": Access(most), "r4-metadata": Access(most),
		"r5": Access(most), "r6": 0xFFFFFFD4, "r6-metadata": Access(most), "r6-owner": mayAll,
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "encrypted", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !f.Encrypted() || f.Access() != access {
			t.Errorf("%s: access %X, want %X", name, f.Access(), access)
		}
		info, err := As[Dict](f, f.Trailer()["Info"])
		if err != nil || info["Title"] != String("A title") || info["Subject"] != String("") || !Equal(info["Keywords"], Array{String("one"), String("two")}) {
			t.Errorf("%s: information %v, %v", name, info, err)
		}
		root, err := As[Dict](f, f.Trailer()["Root"])
		if err != nil {
			t.Fatal(err)
		}
		pages, err := As[Dict](f, root["Pages"])
		if err != nil {
			t.Fatal(err)
		}
		page, err := As[Dict](f, pages["Kids"].(Array)[0])
		if err != nil {
			t.Fatal(err)
		}
		for want, o := range map[string]Object{"% the content of the page\n": page["Contents"], "<metadata/>": root["Metadata"]} {
			s, err := As[*Stream](f, o)
			if err != nil {
				t.Fatal(name, err)
			}
			got, err := io.ReadAll(f.Encoded(s))
			if err != nil || string(got) != want {
				t.Errorf("%s: a stream is %q, %v; want %q", name, got, err, want)
			}
		}
		if cleartext := strings.HasSuffix(name, "metadata"); bytes.Contains(data, []byte("<metadata/>")) != cleartext {
			t.Errorf("%s: the fixture is not what its name says", name)
		}
	}
}

func TestEncryptedRefusals(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join("testdata", "encrypted", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"password":        {read("password"), ErrPassword},
		"other ID":        {strings.Replace(read("r3"), "/ID [<0", "/ID [<1", 1), ErrPassword},
		"no Length":       {strings.Replace(read("r3"), "/Length 128", "/Lengthy 12", 1), nil},
		"Length in bytes": {strings.Replace(read("r3"), "/Length 128", "/Length 16 ", 1), nil},
		"public key":      {strings.Replace(read("r3"), "/Standard", "/PubSecxx", 1), ErrEncryption},
		"version 3":       {strings.Replace(read("r3"), "/V 2", "/V 3", 1), ErrEncryption},
		"unknown filter":  {strings.Replace(read("r4-aes"), "/StrF /StdCF", "/StrF /OthCF", 1), ErrEncryption},
		"unknown method":  {strings.Replace(read("r4-aes"), "/CFM /AESV2", "/CFM /AESV9", 1), ErrEncryption},
		"256 in 128":      {strings.Replace(read("r4-aes"), "/CFM /AESV2", "/CFM /AESV3", 1), ErrEncryption},
	} {
		if _, err := Open(strings.NewReader(c.text), int64(len(c.text))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestSeal checks that sealed strings and streams differ from the original and
// read back equal. A signature's Contents, and streams that are exempt from
// encryption, stay unchanged.
func TestSeal(t *testing.T) {
	for _, name := range []string{"r2", "r3", "r4-rc4", "r4-aes", "r4-metadata", "r5", "r6"} {
		data, err := os.ReadFile(filepath.Join("testdata", "encrypted", name+".pdf"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		ref := Ref{70000, 3}
		o := Dict{"Type": Name("Sig"), "ByteRange": Array{}, "Contents": String("\x30\x00"), "Name": String("甲"), "A": Array{Dict{"Contents": String("x")}, String("")}}
		sealed := f.Seal(o, ref)
		if again := f.crypt.open(sealed, ref); !Equal(again, o) {
			t.Errorf("%s: %v reads back as %v", name, o, again)
		}
		if d := sealed.(Dict); d["Contents"] != o["Contents"] || d["Name"] == o["Name"] {
			t.Errorf("%s: sealed as %v", name, d)
		}
		for size := range 40 {
			plain := strings.Repeat("p", size)
			encrypted := string(f.SealData(Dict{}, []byte(plain), ref))
			s := &Stream{Dict: Dict{}, Length: int64(len(encrypted)), crypt: f.crypt.cipher(f.crypt.streams, ref)}
			got, err := io.ReadAll(s.crypt.reader(strings.NewReader(encrypted), s.Length))
			if err != nil || string(got) != plain || size > 0 && encrypted == plain {
				t.Errorf("%s: %d bytes read back as %q, %v", name, size, got, err)
			}
		}
		for _, dict := range []Dict{{"Type": Name("XRef")}, {"Filter": Name("Crypt")}, {"Filter": Array{Name("Crypt")}, "DecodeParms": Array{Dict{"Name": Name("Identity")}}}} {
			if got := f.SealData(dict, []byte("plain"), ref); string(got) != "plain" {
				t.Errorf("%s: %v was encrypted", name, dict)
			}
		}
	}
}

// TestEncryptionChangedLater has a later revision with a different Encrypt.
func TestEncryptionChangedLater(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "encrypted", "r3.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	at := strings.LastIndex(text, "xref\n0 ")
	trailer := text[strings.Index(text, "trailer <<")+len("trailer <<") : strings.LastIndex(text, ">>\nstartxref")]
	for name, c := range map[string]struct {
		trailer string
		ok      bool
	}{
		"the same": {trailer, true},
		"none":     {strings.Replace(trailer, "/Encrypt", "/Encrypd", 1), false},
		"another":  {strings.Replace(trailer, "/Encrypt", "/Encrypt 1 0 R /Encrypd", 1), false},
	} {
		b := newBuilder(text)
		start := b.Len()
		b.WriteString("xref\n0 1\n0000000000 65535 f \ntrailer\n<<" + c.trailer + "/Prev " + fmt.Sprint(at) + ">>\n")
		b.end(start)
		_, err := b.open()
		var d *DamagedError
		if c.ok != (err == nil) || err != nil && (!errors.As(err, &d) || d.Fault != FaultTwice) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
