//go:build pcscd

package stacktest

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// TestTwoCards shows that the only My Number Card of several cards is used, and
// that one of several is used by its reader's name.
func TestTwoCards(t *testing.T) {
	insert(t, "adult", virtualcard.Options{})
	child, _ := virtualcard.Lookup("child")
	second, err := virtualcard.New(child, time.Now(), virtualcard.Options{})
	testkit.Must(t, err)
	slots[1].insert(t, second)
	each(t, func(t *testing.T, p program) {
		r := p.run(t, "status", "--json").wantExit(t, 2).wantCode(t, "which-card")
		contains(t, r.stderr, slots[0].reader)
		contains(t, r.stderr, slots[1].reader)
		for i, sign := range []string{"needs-pin", "absent"} {
			doc := decode[statusDocument](t, p.run(t, "status", "--json", "--reader", strings.ToLower(slots[i].reader[8:])).wantExit(t, 0).stdout)
			if doc.Reader != slots[i].reader || doc.Certificates[0].State != sign {
				t.Errorf("%+v", doc)
			}
		}
		x := p.sit(t, setting{}, "status")
		x.sees(t, "Number of the card to use: ")
		x.types(t, "2\r")
		x.sees(t, slots[1].reader)
		x.leaves(t, 0)
		p.run(t, "status", "--reader", "no such reader", "--json").wantExit(t, 3).wantCode(t, "no-reader")
	})
}

// TestForeignCards shows that another kind of card is not used, and does not
// disturb the use of ours.
func TestForeignCards(t *testing.T) {
	foreignCard(t, slots[0], []byte{0x3B, 0x80, 0x80, 0x01, 0x01})
	each(t, func(t *testing.T, p program) {
		p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "not-jpki")
		p.enter(t, virtualcard.SignPIN, "pin", "verify", "sign", "--json").wantExit(t, 4).wantCode(t, "not-jpki")
	})
	person, _ := virtualcard.Lookup("adult")
	ours, err := virtualcard.New(person, time.Now(), virtualcard.Options{})
	testkit.Must(t, err)
	slots[1].insert(t, ours)
	each(t, func(t *testing.T, p program) {
		if doc := decode[statusDocument](t, p.run(t, "status", "--json").wantExit(t, 0).stdout); doc.Reader != slots[1].reader {
			t.Errorf("%+v", doc)
		}
	})
}

// TestMuteCard shows what is reported for a card that does not answer the
// reset.
func TestMuteCard(t *testing.T) {
	foreignCard(t, slots[0], make([]byte, 40)) // longer than an ATR can be
	each(t, func(t *testing.T, p program) {
		r := p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
		contains(t, r.stderr, "which side and end the chip is on")
	})
}

// foreignCard inserts a card that answers 6A82 to every command.
func foreignCard(t *testing.T, s *slot, atr []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	testkit.Must(t, err)
	var served sync.WaitGroup
	served.Go(func() {
		message := make([]byte, 1<<16)
		for {
			if _, err := io.ReadFull(conn, message[:2]); err != nil {
				return
			}
			command := message[:binary.BigEndian.Uint16(message)]
			if _, err := io.ReadFull(conn, command); err != nil {
				return
			}
			answer := []byte{0x6A, 0x82}
			if len(command) == 1 { // vpcd's own: 4 asks for the ATR, the others want no answer
				if answer = atr; command[0] != 4 {
					continue
				}
			}
			_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		served.Wait()
		s.waitFor(t, false)
	})
	s.waitFor(t, true)
}

// TestCardInUse shows that the program reports, after ten seconds, that another
// program holds the card. If another reader is empty and none is named, it
// cannot know whether that is the person's card.
func TestCardInUse(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	card, err := pcscContext(t).Connect(t.Context(), s.reader)
	testkit.Must(t, err)
	defer card.Close()
	testkit.Must(t, card.Begin(t.Context()))
	var runs []*running
	start := time.Now()
	for _, p := range programs {
		runs = append(runs, p.start(t, setting{stdin: virtualcard.SignPIN}, "pin", "verify", "sign", "--pin-stdin", "--json", "--reader", s.reader))
	}
	elsewhere := programs[0].run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
	contains(t, elsewhere.stderr, "is in use by another program")
	for _, run := range runs {
		r := run.wait(t).wantExit(t, 11).wantCode(t, "card-in-use")
		if len(r.log) > 0 {
			t.Errorf("%v", r.log)
		}
	}
	if took := time.Since(start); took < 9*time.Second || took > 13*time.Second {
		t.Errorf("took %v", took)
	}
	testkit.Must(t, card.End())
	each(t, func(t *testing.T, p program) {
		p.enter(t, virtualcard.SignPIN, "pin", "verify", "sign").wantExit(t, 0)
	})
}

// TestManyPrograms shows that programs that use the card at the same time wait
// for each other, and that no program signs with another one's PIN.
func TestManyPrograms(t *testing.T) {
	s := insert(t, "adult", virtualcard.Options{})
	var runs []*running
	for i := range 6 {
		run := programs[i%2].prepare(t, setting{dir: file(t, "a", "x"), stdin: virtualcard.SignPIN}, "sign", "a", "--pin-stdin")
		run.alone = false
		run.begin(t)
		runs = append(runs, run)
	}
	for _, run := range runs {
		run.wait(t).wantExit(t, 0)
	}
	log := s.seen()
	if pins, made := len(pinsIn(log)), signatures(log); pins != 6 || made != 6 {
		t.Errorf("%d PINs, %d signatures", pins, made)
	}
	verified := false
	for _, x := range log {
		switch {
		case x.isVerify():
			verified = true
		case x.leaves():
			verified = false
		case x.signs() && x.sw == apdu.StatusOK && !verified:
			t.Errorf("a signature of nobody's: %v", log)
		}
	}
	if open := nextProgram(t, s.reader); len(open) > 0 {
		t.Error(open)
	}
	for _, run := range runs {
		accepted(t, run.Dir, "a.p7s", "a")
	}
}

// TestWaitsPastAnotherCard shows that a card of another kind does not end the
// wait for ours.
func TestWaitsPastAnotherCard(t *testing.T) {
	foreignCard(t, slots[0], []byte{0x3B, 0x80, 0x80, 0x01, 0x01})
	each(t, func(t *testing.T, p program) {
		person, _ := virtualcard.Lookup("adult")
		ours, err := virtualcard.New(person, time.Now(), virtualcard.Options{})
		testkit.Must(t, err)
		run := p.start(t, setting{}, "status", "--json", "--wait", "20s")
		time.Sleep(time.Second)
		slots[1].insert(t, ours)
		if doc := decode[statusDocument](t, run.wait(t).wantExit(t, 0).stdout); doc.Reader != slots[1].reader {
			t.Errorf("%+v", doc)
		}
		slots[1].pull()
		slots[1].waitFor(t, false)
		start := time.Now()
		p.run(t, "status", "--json", "--wait", "1s").wantExit(t, 4).wantCode(t, "not-jpki")
		if took := time.Since(start); took < time.Second || took > 5*time.Second {
			t.Errorf("--wait 1s took %v", took)
		}
	})
}

// TestAnotherReaderIsHeld shows that a program that holds another reader
// neither delays ours nor makes it "in use", and that an empty reader of ours
// is reported as empty.
func TestAnotherReaderIsHeld(t *testing.T) {
	foreignCard(t, slots[0], []byte{0x3B, 0x80, 0x80, 0x01, 0x01})
	card, err := pcscContext(t).Connect(t.Context(), slots[0].reader)
	testkit.Must(t, err)
	testkit.Must(t, card.Begin(t.Context()))
	defer func() {
		testkit.Must(t, card.End())
		testkit.Must(t, card.Close())
	}()
	each(t, func(t *testing.T, p program) {
		start := time.Now()
		r := p.run(t, "status", "--json").wantExit(t, 4).wantCode(t, "no-card")
		contains(t, r.stderr, "in use by another program")
		person, _ := virtualcard.Lookup("adult")
		ours, err := virtualcard.New(person, time.Now(), virtualcard.Options{})
		testkit.Must(t, err)
		slots[1].insert(t, ours)
		if doc := decode[statusDocument](t, p.run(t, "status", "--json").wantExit(t, 0).stdout); doc.Reader != slots[1].reader {
			t.Errorf("%+v", doc)
		}
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("both took %v", took)
		}
		slots[1].pull()
		slots[1].waitFor(t, false)
	})
}
