package problem

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestExits restates the contract of exit statuses, which scripts rely on.
func TestExits(t *testing.T) {
	for exit, codes := range map[int][]Code{
		1:   {Failed, Output, Input, CardAnswer, NotClosed, TLS, "not-published"},
		2:   {Usage, NoTerminal, WhichCard},
		3:   {NoService, NoReader},
		4:   {NoCard, CardRemoved, NotJPKI, NoCertificate, NeedsPIN},
		5:   {PINSource, PINRule, WeakPIN, LastTry, MinTries, TriesChanged},
		6:   {PINBlocked},
		7:   {Attention},
		8:   {Invalid, Expired, KeyMismatch, DamagedCert},
		9:   {Undecided},
		10:  {PINWrong, PINUnanswered},
		11:  {CardInUse},
		12:  {PINUnconfirmed},
		130: {Interrupted},
	} {
		for _, c := range codes {
			if got := New(c, i18n.Text{}, i18n.Text{}).Exit(); got != exit {
				t.Errorf("%s: %d, want %d", c, got, exit)
			}
		}
	}
	seen := map[Code]bool{}
	last := -1
	for _, s := range Statuses {
		if s.Exit <= last || s.Meaning.JA == "" || s.Meaning.EN == "" {
			t.Errorf("status %d after %d: %v", s.Exit, last, s.Meaning)
		}
		last = s.Exit
		for _, c := range s.Codes {
			if seen[c] {
				t.Errorf("%s has two statuses", c)
			}
			seen[c] = true
		}
	}
}

// TestWith joins two failures: the first decides, and nothing of the second is
// lost.
func TestWith(t *testing.T) {
	graver := New(PINWrong, i18n.Text{JA: "違います。", EN: "Wrong."}, i18n.Text{JA: "確かめて。", EN: "Check it."})
	graver.TryUsed = true
	other := New(NotClosed, i18n.Text{JA: "開いています。", EN: "Open."}, i18n.Text{JA: "取り出して。", EN: "Take it out."}).WithTries(2)
	other.Also = []Code{Output}
	both := graver.With(other)
	if both.Code != PINWrong || both.Exit() != 10 || !both.TryUsed || both.Left == nil || *both.Left != 2 {
		t.Errorf("%+v", both)
	}
	if both.What != (i18n.Text{JA: "違います。開いています。", EN: "Wrong. Open."}) || both.Next != (i18n.Text{JA: "確かめて。取り出して。", EN: "Check it. Take it out."}) {
		t.Errorf("%q, %q", both.What, both.Next)
	}
	if !slices.Equal(both.Also, []Code{NotClosed, Output}) {
		t.Errorf("also %v", both.Also)
	}
	if late := other.With(graver); !late.TryUsed || late.Code != NotClosed {
		t.Errorf("a try that the second problem used: %+v", late)
	}
	if graver.Also != nil || graver.Left != nil || other.TryUsed {
		t.Error("a problem was changed by being joined")
	}
	if own := New(PINWrong, i18n.Text{}, i18n.Text{}).WithTries(1).With(other); *own.Left != 1 {
		t.Errorf("%d tries left, where the graver problem knows of 1", *own.Left)
	}
	if loud := Quiet(Attention).With(other); loud.Silent {
		t.Error("what the second problem says stays silent")
	}
}

func TestProblemIsAnError(t *testing.T) {
	p := New(Input, i18n.Text{JA: "読めません", EN: "cannot be read"}, i18n.Text{}).Because(io.ErrUnexpectedEOF)
	wrapped := fmt.Errorf("reading: %w", p)
	if found, ok := As(wrapped); !ok || found != p || !errors.Is(wrapped, io.ErrUnexpectedEOF) {
		t.Errorf("%v, %v", found, ok)
	}
	if got := p.Error(); got != "input: cannot be read: unexpected EOF" {
		t.Error(got)
	}
	if _, ok := As(io.EOF); ok {
		t.Error("any error is a problem")
	}
	if m := Misuse(i18n.Text{EN: "so"}); m.Exit() != 2 || !m.Next.IsZero() || !Quiet(Invalid).Silent {
		t.Errorf("%+v", m)
	}
}
