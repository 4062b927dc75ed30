//go:build pcscd

// These tests put the card into a real PC/SC reader and have OpenSC use it.
// They want a running pcscd with the vpcd driver, both slots empty, and
// OpenSC's tools, ssh-keygen and openssl; what is missing fails the test.

package virtualcard

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// insertPCSC puts a persona's card into vpcd's first slot until the test ends.
func insertPCSC(t *testing.T, persona string, o Options) (*Card, *Recorder) {
	t.Helper()
	c := newCard(t, persona, o)
	recorder := new(Recorder)
	c.Observe(recorder.Observe)
	ctx, remove := context.WithCancel(context.Background())
	inserted, ended := make(chan bool), make(chan error, 1)
	go func() { ended <- Serve(ctx, DefaultAddr, c, func() { close(inserted) }) }()
	select {
	case <-inserted:
	case err := <-ended:
		remove()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		remove()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		waitForReader(t, "No")
	})
	waitForReader(t, "Yes")
	return c, recorder
}

// waitForReader waits until pcscd has noticed an insertion or removal.
func waitForReader(t *testing.T, card string) {
	t.Helper()
	var list string
	for range 50 {
		list = run(t, true, "opensc-tool", "--list-readers")
		if regexp.MustCompile(`(?m)^0 +` + card + ` .*Virtual PCD 00 00`).MatchString(list) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("pcscd does not see the card (wanted %q):\n%s", card, list)
}

// run runs a tool, checks whether it succeeds, and returns its output.
func run(t *testing.T, ok bool, name string, arg ...string) string {
	t.Helper()
	out, err := exec.Command(name, arg...).CombinedOutput()
	if (err == nil) != ok {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arg, " "), err, out)
	}
	return string(out)
}

func module(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if err != nil || len(found) == 0 {
		t.Fatalf("no opensc-pkcs11.so under /usr/lib/*: %v", err)
	}
	return found[0]
}

func TestOpenSCKnowsTheCard(t *testing.T) {
	for name, o := range map[string]Options{"contactless": {}, "contact": {Contact: true}, "no extended length": {NoExtendedLength: true}, "end of file warned": {WarnEndOfFile: true, PadFF: true}} {
		t.Run(name, func(t *testing.T) {
			_, recorder := insertPCSC(t, "adult", o)
			recorder.Reset()
			if out := run(t, true, "opensc-tool", "--name"); !strings.Contains(out, "\njpki\n") {
				t.Errorf("opensc-tool does not know the card:\n%s", out)
			}
			t.Logf("opensc-tool --name: %+v", recorder.Total())
			recorder.Reset()
			dump := run(t, true, "pkcs15-tool", "--dump")
			t.Logf("pkcs15-tool --dump: %+v", recorder.Total())
			wantLines(t, dump,
				`PIN \[User Authentication PIN\](\n\t.*)*\n\tTries left +: 3\n`,
				`PIN \[Digital Signature PIN\](\n\t.*)*\n\tTries left +: 5\n`,
				`X.509 Certificate \[User Authentication Certificate\](\n\t.*)*\n\tEncoded serial : 02 04 [0-9A-F]{8}\n`,
				`X.509 Certificate \[Digital Signature Certificate\]`,
				`X.509 Certificate \[User Authentication Certificate CA\](\n\t.*)*\n\tEncoded serial : 02 04 44454D02\n`,
				`X.509 Certificate \[Digital Signature Certificate CA\](\n\t.*)*\n\tEncoded serial : 02 04 44454D01\n`,
			)
			if n := strings.Count(dump, "\nX.509 Certificate ["); n != 4 {
				t.Errorf("%d certificates, want 4", n)
			}
		})
	}
}

func TestOpenSCReadsTheCertificates(t *testing.T) {
	_, recorder := insertPCSC(t, "adult", Options{})
	dir := t.TempDir()
	run(t, false, "pkcs15-tool", "--read-certificate", "2") // guarded
	recorder.Reset()
	read := func(id, name string, arg ...string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		run(t, true, "pkcs15-tool", append([]string{"--read-certificate", id, "--output", path}, arg...)...)
		return path
	}
	auth := read("1", "auth.pem")
	t.Logf("pkcs15-tool --read-certificate 1: %+v", recorder.Total())
	sign := read("2", "sign.pem", "--auth-id", "2", "--verify-pin", "--pin", SignPIN)
	authCA, signCA := read("3", "auth-ca.pem"), read("4", "sign-ca.pem")
	at := "-attime=1795312800" // testNow
	run(t, true, "openssl", "verify", at, "-CAfile", authCA, auth)
	run(t, true, "openssl", "verify", at, "-CAfile", signCA, sign)
	wantLines(t, run(t, true, "openssl", "x509", "-in", sign, "-noout", "-ext", "subjectAltName"), `8\.5\.5\.1::デモ　太郎`)

	// Both keys, through both of OpenSC's interfaces, verified by openssl.
	data, digest := filepath.Join(dir, "data"), filepath.Join(dir, "digest")
	if err := os.WriteFile(data, []byte("見本の文書"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, true, "openssl", "dgst", "-sha256", "-binary", "-out", digest, data)
	for _, key := range []struct{ id, slot, pin, certificate string }{
		{"1", "0", AuthPIN, auth},
		{"2", "1", SignPIN, sign},
	} {
		public, signature := filepath.Join(dir, "public"), filepath.Join(dir, "signature")
		run(t, true, "openssl", "x509", "-in", key.certificate, "-noout", "-pubkey", "-out", public)
		recorder.Reset()
		run(t, true, "pkcs15-crypt", "--sign", "--key", key.id, "--pin", key.pin, "--sha-256", "--pkcs1", "--input", digest, "--output", signature)
		t.Logf("pkcs15-crypt --sign: %+v", recorder.Total())
		if n := recorder.Instruction(apdu.InsPerformSecurityOperation).Commands; n != 1 {
			t.Errorf("pkcs15-crypt had the card sign %d times", n)
		}
		run(t, true, "openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, data)

		recorder.Reset()
		run(t, true, "pkcs11-tool", "--module", module(t), "--slot-index", key.slot, "--login", "--pin", key.pin,
			"--sign", "--mechanism", "SHA256-RSA-PKCS", "--input-file", data, "--output-file", signature)
		t.Logf("pkcs11-tool --sign: %+v", recorder.Total())
		if n := recorder.Instruction(apdu.InsPerformSecurityOperation).Commands; n != 1 {
			t.Errorf("pkcs11-tool had the card sign %d times", n)
		}
		run(t, true, "openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, data)
	}
}

func TestSSHKeygenPrintsKeys(t *testing.T) {
	_, recorder := insertPCSC(t, "adult", Options{})
	recorder.Reset()
	out := run(t, true, "ssh-keygen", "-D", module(t))
	t.Logf("ssh-keygen -D: %+v", recorder.Total())
	wantLines(t, out, `(?m)^ssh-rsa AAAA\S+ User Authentication Public Key$`)
}

func TestWrongPINThroughOpenSC(t *testing.T) {
	c, _ := insertPCSC(t, "adult", Options{})
	for left := 4; left >= 3; left-- {
		run(t, false, "pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", "WRONG99")
		if got := c.State().Sign.Left; got != left {
			t.Fatalf("%d tries left after a wrong signing PIN, want %d", got, left)
		}
	}
	wantLines(t, run(t, true, "pkcs15-tool", "--dump"), `PIN \[Digital Signature PIN\](\n\t.*)*\n\tTries left +: 3\n`)
	run(t, false, "pkcs11-tool", "--module", module(t), "--slot-index", "0", "--login", "--pin", "9999", "--list-objects")
	if got := c.State().Auth.Left; got != 2 {
		t.Errorf("%d tries left after a wrong authentication PIN, want 2", got)
	}
	run(t, true, "pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", SignPIN)
	if got := c.State().Sign.Left; got != 5 {
		t.Errorf("%d tries left after the right PIN, want 5", got)
	}
}

func TestOpenSCOnOtherPersonas(t *testing.T) {
	for persona, tries := range map[string][2]string{
		"child": {"3", "0"}, "no-pin": {"0", "0"}, "locked-sign": {"3", "0"}, "last-try": {"1", "1"},
	} {
		t.Run(persona, func(t *testing.T) {
			insertPCSC(t, persona, Options{})
			wantLines(t, run(t, true, "pkcs15-tool", "--dump"),
				`PIN \[User Authentication PIN\](\n\t.*)*\n\tTries left +: `+tries[0]+`\n`,
				`PIN \[Digital Signature PIN\](\n\t.*)*\n\tTries left +: `+tries[1]+`\n`)
		})
	}
}

func TestSlotHoldsOneCard(t *testing.T) {
	insertPCSC(t, "adult", Options{})
	if err := Serve(t.Context(), DefaultAddr, newCard(t, "child", Options{}), nil); !errors.Is(err, ErrSlotTaken) {
		t.Errorf("error %v, want ErrSlotTaken", err)
	}
}

// TestPINStateThroughPCSC shows why a client must close a PIN session: the next
// program can sign, even after a warm reset.
func TestPINStateThroughPCSC(t *testing.T) {
	c, _ := insertPCSC(t, "adult", Options{})
	nextProgramSigns := func() bool {
		t.Helper()
		out := run(t, true, "opensc-tool", "--card-driver", "default",
			"--send-apdu", "00A4040C0AD392F000260100000001", "--send-apdu", "00A4020C02001A", "--send-apdu", "802A008004DEADBEEF00")
		signed := strings.Count(out, "SW1=0x90") == 3
		if !signed && !strings.Contains(out, "SW1=0x69, SW2=0x82") {
			t.Fatalf("neither signed nor refused:\n%s", out)
		}
		return signed
	}
	verify := func() {
		t.Helper()
		run(t, true, "pkcs15-tool", "--verify-pin", "--auth-id", "2", "--pin", SignPIN)
	}
	if nextProgramSigns() {
		t.Error("a signature without VERIFY")
	}
	verify()
	if !nextProgramSigns() {
		t.Error("the PIN state did not survive the program that verified")
	}
	run(t, true, "opensc-tool", "--reset=warm")
	if !nextProgramSigns() {
		t.Error("a warm reset closed the PIN")
	}
	run(t, true, "opensc-tool", "--reset=cold")
	if nextProgramSigns() {
		t.Error("a cold reset left the PIN open")
	}
	verify()
	run(t, true, "opensc-tool", "--card-driver", "default", "--send-apdu", "00A4040C07A0000001510000")
	if nextProgramSigns() {
		t.Error("another application left the PIN open")
	}
	if left := c.State().Sign.Left; left != 5 {
		t.Errorf("%d tries left", left)
	}
}
