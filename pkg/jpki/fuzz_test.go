package jpki_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// FuzzCertificate reads arbitrary content of a certificate file.
func FuzzCertificate(f *testing.F) {
	card := newCard(f, "adult", virtualcard.Options{})
	good := certificates(f, card)[jpki.KindAuth].Raw
	f.Add(good)
	f.Add(append(bytes.Clone(good), make([]byte, 300)...))
	f.Add(good[:700])
	f.Add([]byte{})
	f.Add([]byte{0x30})
	f.Add([]byte{0x30, 0x00, 0x30})
	f.Add([]byte{0x30, 0x80, 0x00, 0x00})
	f.Add(append([]byte{0x30, 0x82, 0xFF, 0xFF}, make([]byte, 600)...))
	f.Fuzz(func(t *testing.T, content []byte) {
		content = content[:min(len(content), virtualcard.MaxFileSize)]
		setFile(t, card, efAuthCert, content)
		s := &slot{card: card}
		c, err := readAuth(s)
		switch {
		case err == nil && !bytes.HasPrefix(content, c.Raw):
			t.Error("what was read is not in the file")
		case err != nil && !errors.Is(err, jpki.ErrUnreadable) && !errors.Is(err, jpki.ErrDamaged):
			t.Errorf("%v", err)
		case err != nil && c != nil:
			t.Errorf("a certificate beside %v", err)
		}
		if len(s.sent) > 2+2+maxFile/256+2+maxFile/128 {
			t.Errorf("%d commands", len(s.sent))
		}
	})
}

// fuzzedCard is a card whose answers are in data: a length and so many bytes
// for each. A length of FF stands for a failure of the reader. At the end of
// the data, every command fails.
type fuzzedCard struct {
	data []byte
	sent [][]byte
	slot // counts Begin, End and Unpower
}

func (l *fuzzedCard) Transmit(cmd []byte) ([]byte, error) {
	l.sent = append(l.sent, bytes.Clone(cmd))
	if len(l.data) == 0 || l.data[0] == 0xFF {
		return nil, errReader
	}
	n := min(int(l.data[0]), len(l.data)-1)
	answer := bytes.Clone(l.data[1 : 1+n])
	l.data = l.data[1+n:]
	return answer, nil
}

// FuzzCard runs every operation on a card with arbitrary answers. No PIN may be
// sent twice, and every transaction must end.
func FuzzCard(f *testing.F) {
	ok, full, tries := "\x02\x90\x00", "\x02\x63\xC5", "\x02\x63\xC3"
	for i := range operations {
		for _, answers := range []string{
			"", ok, ok + ok + full + ok, ok + ok + tries + ok + ok + ok + ok, ok + ok + "\x02\x90\x00" + ok + ok + ok + full + ok,
			ok + ok + full + ok + ok + "\x08\x30\x82\x01\x00AB\x90\x00", ok + ok + "\x02\x67\x00" + full + ok, "\x02\x6F\x00" + ok + "\xFF",
			ok + ok + tries + "\x02\x6C\x04" + ok, ok + ok + tries + "\x02\x61\x04" + "\x06ABCD\x90\x00",
		} {
			f.Add(byte(i), []byte(answers))
		}
	}
	card := newCard(f, "adult", virtualcard.Options{})
	f.Fuzz(func(t *testing.T, which byte, answers []byte) {
		op := operations[int(which)%len(operations)]
		l := &fuzzedCard{data: answers, slot: slot{card: card}}
		err := op.run(context.Background(), jpki.New(l))
		if err != nil && !typed(err) {
			t.Errorf("%T: %v", err, err)
		}
		seen := map[string]bool{}
		for _, cmd := range l.sent {
			if (isPIN(cmd, apdu.InsVerify) || isPIN(cmd, apdu.InsChangeReferenceData)) && seen[string(cmd)] {
				t.Errorf("% X was sent twice", cmd[:4])
			}
			seen[string(cmd)] = true
		}
		if l.begun || l.ends+l.unpowers != 1 || len(l.misuse) > 0 {
			t.Errorf("%d ended, %d unpowered, %q", l.ends, l.unpowers, l.misuse)
		}
		if sent := withPIN(l.sent, apdu.InsVerify) > 0; sent != (l.unpowers == 1) || sent && !leaves(l.sent[len(l.sent)-1]) {
			t.Errorf("a PIN was sent: %v; %d unpowered", sent, l.unpowers)
		}
	})
}
