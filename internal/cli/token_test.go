package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestTokenAndCommand runs every command on every kind of token. The abilities
// of a token are the same for all commands.
func TestTokenAndCommand(t *testing.T) {
	const renewal, blocked, ended, faceCard = "Renewal", "blocked", "Basic Resident Register Cards ended", "face-authentication card"
	type screen struct {
		exit  int
		has   []string
		lacks []string
	}
	personas := []string{"adult", "android", "iphone", "juki", "no-pin"}
	// looks are the screens of a command for each persona, in the order of
	// personas.
	looks := map[string][5]screen{
		"status": {
			{0, []string{renewal}, []string{ended}}, {0, nil, []string{renewal, ended}}, {0, nil, []string{renewal, ended}},
			{0, []string{ended}, []string{renewal}}, {0, []string{faceCard}, nil},
		},
		"status --short": {{0, nil, []string{ended}}, {0, nil, nil}, {0, nil, nil}, {0, []string{ended}, nil}, {0, nil, []string{blocked}}},
		"status --check": {{0, nil, []string{"ended"}}, {4, nil, nil}, {4, nil, nil}, {7, []string{ended}, nil}, {0, nil, []string{blocked}}},
		"doctor": {
			{0, []string{"My Number Card"}, nil}, {0, []string{"Android phone"}, []string{"counter"}}, {0, []string{"iPhone", "Nobody has tried"}, []string{"counter"}},
			{4, []string{ended}, []string{"counter"}}, {0, []string{faceCard}, []string{"PIN is blocked"}},
		},
		"watch --once": {
			{0, []string{"5 of 5"}, []string{ended}}, {0, []string{"5 of 5"}, nil}, {0, []string{"5 of 5"}, nil},
			{0, []string{ended}, []string{"5 of 5"}}, {0, []string{faceCard}, []string{": blocked"}},
		},
		"pin status":     {{0, []string{"5 of 5"}, nil}, {0, []string{"5 of 5"}, nil}, {0, []string{"5 of 5"}, nil}, {0, []string{"5 of 5"}, nil}, {0, []string{faceCard}, nil}},
		"cert show auth": {{0, []string{renewal}, nil}, {2, nil, nil}, {2, nil, nil}, {0, nil, []string{renewal}}, {0, []string{renewal}, nil}},
	}
	for line, want := range looks {
		for i, persona := range personas {
			w := newWorld(t, "en")
			exit, out := w.run(line+" --card demo:"+persona, "")
			out = strings.Join(strings.Fields(out), " ")
			if exit != want[i].exit {
				t.Errorf("%s, %s: exit %d, want %d\n%s", line, persona, exit, want[i].exit, out)
			}
			for _, s := range want[i].has {
				if !strings.Contains(out, s) {
					t.Errorf("%s, %s: no %q in\n%s", line, persona, s, out)
				}
			}
			for _, s := range want[i].lacks {
				if strings.Contains(out, s) {
					t.Errorf("%s, %s: %q in\n%s", line, persona, s, out)
				}
			}
		}
	}
	// With a PIN: the exit status for each, and VERIFYs sent (the face-authentication
	// card's are never).
	for _, c := range []struct {
		line, pins string
		exits      [5]int
		verifies   int
	}{
		{"pin verify sign --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 4, 4}, 1},
		{"pin verify auth --pin-stdin", virtualcard.AuthPIN, [5]int{0, 0, 0, 4, 6}, 1},
		{"pin change auth --pin-stdin", virtualcard.AuthPIN + "\n8264", [5]int{0, 0, 0, 4, 6}, 2},
		{"sign a.txt --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 4, 4}, 1},
		{"sign a.txt --format raw --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 4, 4}, 1},
		{"cert export sign --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 4, 4}, 1},
		{"cert show sign --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 4, 4}, 1},
		{"cert check auth --trust demo --pin-stdin", virtualcard.AuthPIN, [5]int{0, 0, 0, 4, 6}, 1},
		{"status --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 0, 0}, 1},
		{"calendar --pin-stdin", virtualcard.SignPIN, [5]int{0, 0, 0, 8, 0}, 1},
	} {
		for i, persona := range personas {
			w := newWorld(t, "en")
			w.write("a.txt", "content")
			exit, out := w.run(c.line+" --trace trace --card demo:"+persona, c.pins+"\n")
			trace, err := os.ReadFile(w.path("trace"))
			if err != nil {
				t.Fatal(err)
			}
			want := c.verifies
			if persona == "juki" || persona == "no-pin" {
				want = 0
			}
			sent := bytes.Count(trace, []byte("> 00 20 00 80 [PIN]\n"))
			if exit != c.exits[i] || sent != want {
				t.Errorf("%s, %s: exit %d, want %d; %d PINs sent, want %d\n%s", c.line, persona, exit, c.exits[i], sent, want, out)
			}
			phone := persona == "android" || persona == "iphone"
			if renews := strings.Contains(out, renewal); phone && renews {
				t.Errorf("%s, %s: the rule of cards in\n%s", c.line, persona, out)
			}
			if persona == "juki" && !strings.Contains(out, ended) {
				t.Errorf("%s, %s: not said why:\n%s", c.line, persona, out)
			}
		}
	}
}
