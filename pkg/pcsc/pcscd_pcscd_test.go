//go:build pcscd

// These tests need a pcscd with vpcd's two slots on 127.0.0.1:35963 and 35964,
// in a namespace of their own: they kill it and start it again.

package pcsc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the other program, when a test starts it as one.
func TestMain(m *testing.M) {
	if task := os.Getenv("PCSC_TEST_PROGRAM"); task != "" {
		if err := otherProgram(task); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// otherProgram does something in slot 0, reports it, and runs until its
// standard input ends.
func otherProgram(task string) error {
	pc, err := Establish(context.Background())
	if err != nil {
		return err
	}
	card, err := pc.Connect(context.Background(), slotName(0))
	if err != nil {
		return err
	}
	switch task {
	case "hold": // the card in a transaction
		err = card.Begin(context.Background())
		if err == nil {
			_, err = card.Transmit(command(0xEE))
		}
	case "reset": // the card, and let it go
		err = errors.Join(card.s.card.reconnect(1), card.Close())
	}
	if err != nil {
		return err
	}
	fmt.Println("done")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// another starts the other program and waits until it has done its task.
func another(t *testing.T, task string) (end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PCSC_TEST_PROGRAM="+task)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(end)
	_ = stdin
	if said, _ := bufio.NewReader(stdout).ReadString('\n'); said != "done\n" {
		t.Fatalf("the other program: %q", said)
	}
	return end
}

func connected(t *testing.T, pc *Context) *Card {
	t.Helper()
	card, err := pc.Connect(t.Context(), slotName(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = card.Close() })
	return card
}

// established returns a Context without a card from another test. After the
// test it checks that no goroutine and no connection is left.
func established(t *testing.T) *Context {
	t.Helper()
	goroutines, before := runtime.NumGoroutine(), sockets(t)
	pc, err := Establish(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = pc.Close()
		eventually(t, "nothing is left", func() bool {
			return runtime.NumGoroutine() <= goroutines && sockets(t) <= before
		})
	})
	waitFor(t, pc, 0, false)
	return pc
}

func sockets(t *testing.T) (n int) {
	t.Helper()
	const files = "/proc/self/fd"
	list, err := os.ReadDir(files)
	must(t, err)
	for _, file := range list {
		if to, _ := os.Readlink(filepath.Join(files, file.Name())); strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// command is a command of four bytes: vpcd's card cannot tell a single byte
// from a control message.
func command(cla byte) []byte { return []byte{cla, 0, 0, 0} }

func wantSeen(t *testing.T, card *testCard, want ...string) {
	t.Helper()
	eventually(t, "the card has seen as much", func() bool {
		card.mu.Lock()
		defer card.mu.Unlock()
		return len(card.log) >= len(want)
	})
	if got := card.seen(); !slices.Equal(got, want) {
		t.Errorf("the card saw %q, not %q", got, want)
	}
}

func TestPCSCReaders(t *testing.T) {
	pc := established(t)
	empty := reader(t, pc, 0)
	if empty.Present || empty.ATR != nil || empty.Mute || empty.InUse || empty.Broken {
		t.Errorf("%+v", empty)
	}
	card := insert(t, pc, 0, &testCard{})
	full := reader(t, pc, 0)
	if !full.Present || !bytes.Equal(full.ATR, testATR) || full.Mute || full.Broken {
		t.Errorf("%+v", full)
	}
	if full.Event != empty.Event+1 {
		t.Errorf("an insertion counts %d", full.Event-empty.Event)
	}

	// Neither connections nor resets count.
	c := connected(t, pc)
	must(t, c.Begin(t.Context()))
	if !reader(t, pc, 0).InUse {
		t.Error("a connected card is not in use")
	}
	must(t, c.Unpower())
	must(t, c.Close())
	another(t, "reset")
	if now := reader(t, pc, 0); now.Event != full.Event {
		t.Errorf("something else counts %d", now.Event-full.Event)
	}

	card.remove(t, pc, 0)
	if gone := reader(t, pc, 0); gone.Event != full.Event+1 || gone.ATR != nil {
		t.Errorf("%+v", gone)
	}
}

func TestPCSCWait(t *testing.T) {
	pc := established(t)
	known, err := pc.Readers(context.Background())
	must(t, err)
	wait := func() <-chan []ReaderState {
		news := make(chan []ReaderState, 1)
		known := slices.Clone(known)
		go func() {
			states, err := pc.Wait(context.Background(), known)
			if err != nil {
				t.Error(err)
			}
			news <- states
		}()
		return news
	}
	get := func(news <-chan []ReaderState, present bool) {
		t.Helper()
		select {
		case known = <-news:
			if known[0].Present != present {
				t.Errorf("%+v", known[0])
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no news")
		}
	}

	news := wait()
	time.Sleep(100 * time.Millisecond)
	card := insertUnseen(t, 0, &testCard{})
	get(news, true)

	news = wait()
	another(t, "reset")()
	c := connected(t, pc)
	must(t, c.Begin(t.Context()))
	must(t, c.Unpower())
	must(t, c.Close())
	select {
	case states := <-news:
		t.Errorf("news of a card that only worked: %+v", states)
	case <-time.After(time.Second):
	}
	card.pull()
	get(news, false)

	// What happened between two waits is not lost.
	card = insert(t, pc, 0, &testCard{})
	get(wait(), true)
	card.remove(t, pc, 0)
	insert(t, pc, 0, &testCard{})
	get(wait(), true)
}

func TestPCSCWaitEnds(t *testing.T) {
	pc := established(t)
	known, err := pc.Readers(context.Background())
	must(t, err)
	for i := range 50 { // before the wait has begun, and after
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
		start := time.Now()
		if _, err := pc.Wait(ctx, known); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if took := time.Since(start); took > time.Second {
			t.Fatalf("took %v", took)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := pc.Wait(ctx, known); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = pc.Close() })
	if _, err := pc.Wait(t.Context(), known); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestPCSCWaitKeepsNames shows that a reader's name stays in memory during a
// wait in C, whatever other calls pass the same name.
func TestPCSCWaitKeepsNames(t *testing.T) {
	b, err := loadBackend()
	must(t, err)
	waiting, err := b.establishContext()
	must(t, err)
	other, err := b.establishContext()
	must(t, err)
	const empty = 0x10
	states := []readerStatus{{name: slotName(0), current: empty}, {name: slotName(1), current: empty}}
	done := make(chan error, 1)
	go func() { done <- waiting.getStatusChange(time.Minute, states) }()
	time.Sleep(100 * time.Millisecond)
	for range 3 {
		must(t, other.getStatusChange(0, []readerStatus{{name: slotName(0)}, {name: slotName(1)}}))
		runtime.GC()
		for n := range 20000 {
			garbage = bytes.Repeat([]byte{'x'}, len(slotName(0))+n%8)
		}
	}
	insertUnseen(t, 0, &testCard{})
	must(t, <-done)
	if states[0].event&statePresent == 0 || states[1].event&0xFFFF != empty {
		t.Errorf("%08X %08X", states[0].event, states[1].event)
	}
	must(t, errors.Join(waiting.releaseContext(), other.releaseContext()))
}

var garbage []byte

func TestPCSCTransmit(t *testing.T) {
	pc := established(t)
	long := bytes.Repeat([]byte("long"), 16384)[:65533] // vpcd's length has 16 bits
	insert(t, pc, 0, &testCard{answer: func(cmd []byte) []byte {
		switch cmd[0] {
		case 1:
			return append(bytes.Clone(long), 0x90, 0x00)
		case 2:
			return append(bytes.Clone(cmd), 0x90, 0x00)
		}
		return []byte{0x6D, 0x00}
	}})
	card := connected(t, pc)
	if !bytes.Equal(card.ATR(), testATR) || card.Reader() != slotName(0) {
		t.Errorf("% X %q", card.ATR(), card.Reader())
	}
	must(t, card.Begin(t.Context()))
	answer, err := card.Transmit(append(command(1), 0, 0, 0))
	must(t, err)
	if !bytes.Equal(answer, append(bytes.Clone(long), 0x90, 0x00)) {
		t.Errorf("%d bytes came of %d", len(answer), len(long)+2)
	}
	cmd := append([]byte{2}, long[:65000]...)
	echo, err := card.Transmit(cmd)
	must(t, err)
	if !bytes.Equal(echo[:len(echo)-2], cmd) {
		t.Errorf("%d bytes came back of %d", len(echo)-2, len(cmd))
	}
	short, err := card.Transmit(command(3))
	must(t, err)
	if !bytes.Equal(short, []byte{0x6D, 0x00}) {
		t.Errorf("% X", short)
	}
	// Each answer is the caller's own.
	if !bytes.Equal(answer, append(bytes.Clone(long), 0x90, 0x00)) || !bytes.Equal(echo[:len(echo)-2], cmd) {
		t.Error("a later command changed an earlier answer")
	}
	must(t, card.End())
}

func TestPCSCInUse(t *testing.T) {
	pc := established(t)
	insert(t, pc, 0, &testCard{})
	card := connected(t, pc)
	end := another(t, "hold")

	short := func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(t.Context(), 300*time.Millisecond)
	}
	inTime := func(start time.Time, limit time.Duration, err error) {
		t.Helper()
		if !errors.Is(err, ErrInUse) {
			t.Error(err)
		}
		if took := time.Since(start); took < limit || took > limit+time.Second {
			t.Errorf("took %v", took)
		}
	}
	ctx, cancel := short()
	defer cancel()
	start := time.Now()
	_, err := pc.Connect(ctx, slotName(0))
	inTime(start, 300*time.Millisecond, err)

	ctx, cancel = short()
	defer cancel()
	start = time.Now()
	err = card.Begin(ctx)
	inTime(start, 300*time.Millisecond, err)
	must(t, card.Close())

	// Other readers, and looking, are not held up.
	if !reader(t, pc, 0).InUse {
		t.Error("not in use")
	}

	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := pc.Connect(cancelled, slotName(0)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}

	start = time.Now()
	_, err = pc.Connect(t.Context(), slotName(0))
	inTime(start, 10*time.Second, err)

	// The late ones go away by themselves when the holder does, and leave the
	// card to those who come in time.
	end()
	card = connected(t, pc)
	must(t, card.Begin(t.Context()))
	must(t, card.End())
}

// TestPCSCReset shows that the work goes on after another program's reset.
func TestPCSCReset(t *testing.T) {
	pc := established(t)
	virtual := insert(t, pc, 0, &testCard{})
	card := connected(t, pc)
	for range 3 {
		virtual.seen()
		another(t, "reset")()
		must(t, card.Begin(t.Context()))
		_, err := card.Transmit(command(1))
		must(t, err)
		must(t, card.End())
		wantSeen(t, virtual, "reset", "01000000")
	}
}

// TestPCSCExchange shows that an exchanged card is never taken for the one
// before, even if another program's reset hides its removal.
func TestPCSCExchange(t *testing.T) {
	for _, reset := range []bool{false, true} {
		t.Run(fmt.Sprintf("reset %v", reset), func(t *testing.T) {
			pc := established(t)
			first := insert(t, pc, 0, &testCard{})
			card := connected(t, pc)
			must(t, card.Begin(t.Context()))
			must(t, card.End())
			first.remove(t, pc, 0)
			second := insert(t, pc, 0, &testCard{})
			if reset {
				another(t, "reset")()
			}
			second.seen()
			err := card.Begin(t.Context())
			if !errors.Is(err, ErrCardRemoved) {
				t.Fatal(err)
			}
			if _, err := card.Transmit(command(1)); !errors.Is(err, ErrCardRemoved) {
				t.Error(err)
			}
			must(t, card.Close())
			if sent := second.sent(); len(sent) > 0 {
				t.Errorf("the new card got %q", sent)
			}
			// It is free for a new connection.
			card = connected(t, pc)
			must(t, card.Begin(t.Context()))
			must(t, card.End())
		})
	}
}

func TestPCSCPulled(t *testing.T) {
	pc := established(t)
	virtual := &testCard{}
	virtual.answer = func(cmd []byte) []byte {
		if cmd[0] == 2 {
			virtual.pull()
			return nil
		}
		return []byte{0x90, 0x00}
	}
	insert(t, pc, 0, virtual)
	card := connected(t, pc)
	must(t, card.Begin(t.Context()))
	_, err := card.Transmit(command(1))
	must(t, err)
	// vpcd takes the end of the connection for an answer of no bytes.
	if _, err = card.Transmit(command(2)); !errors.Is(err, ErrCommunication) {
		t.Error(err)
	}
	waitFor(t, pc, 0, false)
	if _, err = card.Transmit(command(3)); !errors.Is(err, ErrCardRemoved) {
		t.Error(err)
	}
	must(t, card.Unpower()) // it has no power
	if err := card.Begin(t.Context()); !errors.Is(err, ErrCardRemoved) {
		t.Error(err)
	}
	must(t, card.Close())

	insert(t, pc, 0, &testCard{})
	card = connected(t, pc)
	must(t, card.Begin(t.Context()))
	must(t, card.End())
}

func TestPCSCNoCard(t *testing.T) {
	pc := established(t)
	if _, err := pc.Connect(t.Context(), slotName(0)); !errors.Is(err, ErrNoCard) {
		t.Error(err)
	}
	for _, name := range []string{"no such reader", "", "Virtual PCD 00 00\x00x", strings.Repeat("x", 1000)} {
		if _, err := pc.Connect(t.Context(), name); !errors.Is(err, ErrNoReader) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestPCSCUnpower shows that the power is cut inside the transaction: a program
// that waits for the card gets it without an open PIN.
func TestPCSCUnpower(t *testing.T) {
	pc := established(t)
	virtual := insert(t, pc, 0, &testCard{})
	card := connected(t, pc)
	for range 3 {
		other := connected(t, pc)
		must(t, card.Begin(t.Context()))
		_, err := card.Transmit(command(1))
		must(t, err)
		virtual.seen()
		began := make(chan error, 1)
		go func() { began <- other.Begin(context.Background()) }()
		time.Sleep(250 * time.Millisecond)
		must(t, card.Unpower())
		must(t, <-began)
		_, err = other.Transmit(command(2))
		must(t, err)
		must(t, other.End())
		wantSeen(t, virtual, "off", "on", "02000000")

		// The connection lasts.
		must(t, card.Begin(t.Context()))
		_, err = card.Transmit(command(3))
		must(t, err)
		must(t, card.End())
		wantSeen(t, virtual, "03000000")
		must(t, other.Close())
	}
	must(t, card.Begin(t.Context()))
	_, err := card.Transmit(command(4))
	must(t, err)
	must(t, card.Close())
	wantSeen(t, virtual, "04000000", "off", "on")
}

// TestPCSCKilled shows what pcscd does for a program that is killed in a
// transaction, as the package doc states it.
func TestPCSCKilled(t *testing.T) {
	pc := established(t)
	virtual := insert(t, pc, 0, &testCard{})
	end := another(t, "hold")
	virtual.seen()
	end()
	wantSeen(t, virtual, "reset", "off")

	card := connected(t, pc)
	end = another(t, "hold")
	virtual.seen()
	end()
	time.Sleep(time.Second)
	wantSeen(t, virtual, "reset")
	must(t, card.Begin(t.Context()))
	must(t, card.End())
}

func TestPCSCMute(t *testing.T) {
	pc := established(t)
	insert(t, pc, 0, &testCard{atr: make([]byte, 40)}) // more than an ATR can have: no power-up
	if r := reader(t, pc, 0); !r.Mute || len(r.ATR) != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := pc.Connect(t.Context(), slotName(0)); !errors.Is(err, ErrCardMute) {
		t.Error(err)
	}
}

func TestPCSCNoProtocol(t *testing.T) {
	pc := established(t)
	insert(t, pc, 0, &testCard{atr: []byte{0}}) // is none
	if _, err := pc.Connect(t.Context(), slotName(0)); !errors.Is(err, ErrCardMute) {
		t.Error(err)
	}
}

func TestPCSCManyTimes(t *testing.T) {
	pc := established(t)
	insert(t, pc, 0, &testCard{})
	for range 200 {
		card := connected(t, pc)
		must(t, card.Begin(t.Context()))
		_, err := card.Transmit(command(1))
		must(t, err)
		must(t, card.Unpower())
		must(t, card.Close())
	}
}

// TestPCSCRestart shows that connections are lost and the Context works again
// after pcscd was killed and started.
func TestPCSCRestart(t *testing.T) {
	pc := established(t)
	virtual := insert(t, pc, 0, &testCard{})
	card := connected(t, pc)
	must(t, card.Begin(t.Context()))
	_, err := card.Transmit(command(1))
	must(t, err)
	known, err := pc.Readers(context.Background())
	must(t, err)
	waited := make(chan error, 1)
	go func() {
		_, err := pc.Wait(context.Background(), known)
		waited <- err
	}()
	time.Sleep(100 * time.Millisecond)

	args := killPCSCD(t)
	if err := <-waited; !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if _, err := card.Transmit(command(2)); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if err := card.Unpower(); !errors.Is(err, ErrNoService) {
		t.Errorf("nobody knows whether the card has power: %v", err)
	}
	if err := card.Close(); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if _, err := pc.Readers(context.Background()); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if _, err := Establish(context.Background()); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if got := virtual.seen(); !slices.Contains(got, "01000000") || slices.Contains(got, "02000000") {
		t.Errorf("%q", got)
	}
	startPCSCD(t, args)

	insert(t, pc, 0, &testCard{})
	card = connected(t, pc)
	must(t, card.Begin(t.Context()))
	must(t, card.End())
}

// TestPCSCHangs shows that calls to a hanging pcscd end with their context.
func TestPCSCHangs(t *testing.T) {
	pc := established(t)
	known, err := pc.Readers(context.Background())
	must(t, err)
	pid := pcscd(t)
	must(t, syscall.Kill(pid, syscall.SIGSTOP))
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	for name, call := range map[string]func(context.Context) error{
		"Connect": func(ctx context.Context) error { _, err := pc.Connect(ctx, slotName(0)); return err },
		"Wait":    func(ctx context.Context) error { _, err := pc.Wait(ctx, known); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		start := time.Now()
		if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s took %v", name, took)
		}
		cancel()
	}
	start := time.Now()
	if _, err := pc.Readers(context.Background()); !errors.Is(err, ErrNoService) {
		t.Error(err)
	}
	if took := time.Since(start); took < callLimit || took > callLimit+time.Second {
		t.Errorf("took %v", took)
	}
}

// TestPCSCNoReaders shows that the list of readers is empty, without an error,
// if there is none.
func TestPCSCNoReaders(t *testing.T) {
	pc := established(t)
	args := killPCSCD(t)
	config := slices.IndexFunc(args, func(arg string) bool { return arg == "--config" || arg == "-c" })
	if config < 0 {
		t.Fatalf("where are the readers of %q?", args)
	}
	empty := slices.Clone(args)
	empty[config+1] = t.TempDir()
	startPCSCD(t, empty)
	defer startPCSCD(t, args)
	defer killPCSCD(t)

	states, err := pc.Readers(context.Background())
	must(t, err)
	if len(states) != 0 {
		t.Errorf("%+v", states)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if states, err := pc.Wait(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%+v, %v", states, err)
	}
	if _, err := pc.Connect(t.Context(), slotName(0)); !errors.Is(err, ErrNoReader) {
		t.Error(err)
	}
}

// TestPCSCAtOnce shows that goroutines that use PC/SC at the same time hold
// each other up only for a transaction.
func TestPCSCAtOnce(t *testing.T) {
	pc := established(t)
	virtual := insert(t, pc, 0, &testCard{})
	known, err := pc.Readers(context.Background())
	must(t, err)
	virtual.seen()
	const goroutines, times = 8, 10
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range times {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
				if _, err := pc.Wait(ctx, known); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				cancel()
				if err := connectOnce(pc); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got := virtual.sent()
	if len(got) != goroutines*times*2 {
		t.Errorf("%d commands came of %d", len(got), goroutines*times*2)
	}
	for i, what := range got {
		if want := []string{"01000000", "02000000"}[i%2]; what != want {
			t.Fatalf("transactions got mixed up: %q", got)
		}
	}
}

func connectOnce(pc *Context) error {
	card, err := pc.Connect(context.Background(), slotName(0))
	if err != nil {
		return err
	}
	defer func() { _ = card.Close() }()
	if err := card.Begin(context.Background()); err != nil {
		return err
	}
	_, err1 := card.Transmit(command(1))
	_, err2 := card.Transmit(command(2))
	return errors.Join(err1, err2, card.End())
}

func pcscd(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/run/pcscd/pcscd.pid")
	must(t, err)
	pid, err := strconv.Atoi(strings.Trim(string(text), "\n\x00"))
	must(t, err)
	return pid
}

// killPCSCD kills pcscd and returns its arguments.
func killPCSCD(t *testing.T) (args []string) {
	t.Helper()
	pid := pcscd(t)
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	must(t, err)
	must(t, syscall.Kill(pid, syscall.SIGKILL))
	// Before it is gone, another would not start.
	eventually(t, "pcscd is gone", func() bool {
		_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // if it is the test's own
		return syscall.Kill(pid, 0) == syscall.ESRCH
	})
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}

func startPCSCD(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	must(t, cmd.Start())
	must(t, cmd.Process.Release())
	eventually(t, "pcscd is back", func() bool {
		pc, err := Establish(context.Background())
		if err != nil {
			return false
		}
		defer func() { _ = pc.Close() }()
		_, err = pc.Readers(context.Background())
		return err == nil
	})
}
