package explain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/apdu"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// TestTwoFailures is the table of all pairs: what can go wrong in a PIN session,
// and that it could not be closed. The graver decides code and status, and
// neither is hidden.
func TestTwoFailures(t *testing.T) {
	const sign, auth = jpki.KeySign, jpki.KeyAuth
	type firsts struct {
		err  error
		exit int // beside a session that could not be closed
		code problem.Code
		used bool
		left int // -1: not told
	}
	all := map[string]firsts{
		"wrong":                   {&jpki.PINError{Key: auth, Left: 2}, 10, problem.PINWrong, true, 2},
		"wrong and blocked":       {&jpki.PINError{Key: auth, Left: 0}, 10, problem.PINWrong, true, 0},
		"blocked":                 {&jpki.BlockedError{Key: sign}, 6, problem.PINBlocked, false, 0},
		"no answer":               {&jpki.UnansweredError{Key: sign, Err: pcsc.ErrNoService}, 10, problem.PINUnanswered, true, -1},
		"no answer, card gone":    {&jpki.UnansweredError{Key: sign, Err: pcsc.ErrCardRemoved}, 10, problem.PINUnanswered, true, -1},
		"change unconfirmed":      {&jpki.UnconfirmedChangeError{Key: sign, Err: pcsc.ErrNoService}, 12, problem.PINUnconfirmed, false, -1},
		"change, try used":        {&jpki.UnconfirmedChangeError{Key: sign, TryUsed: true, Err: apdu.Status(0x63C4)}, 12, problem.PINUnconfirmed, true, -1},
		"changed, not checked":    {&jpki.UnconfirmedChangeError{Key: auth, NewInForce: true, TryUsed: true, Err: pcsc.ErrNoService}, 12, problem.PINUnconfirmed, true, -1},
		"change refused":          {&jpki.ChangeRefusedError{Key: sign, Status: 0x6A80}, 1, problem.CardAnswer, false, -1},
		"key mismatch":            {jpki.ErrKeyMismatch, 8, problem.KeyMismatch, false, -1},
		"no certificate":          {&jpki.CertificateError{Kind: jpki.KindSign, Err: jpki.ErrAbsent}, 4, problem.NoCertificate, false, -1},
		"unreadable certificate":  {&jpki.CertificateError{Kind: jpki.KindSign, Err: jpki.ErrUnreadable}, 1, problem.CardAnswer, false, -1},
		"damaged certificate":     {&jpki.CertificateError{Kind: jpki.KindSign, Err: jpki.ErrIssuer}, 8, problem.DamagedCert, false, -1},
		"refused signature":       {apdu.Status(0x6985), 1, problem.CardAnswer, false, -1},
		"communication":           {pcsc.ErrCommunication, 4, problem.NoCard, false, -1},
		"service gone":            {pcsc.ErrNoService, 3, problem.NoService, false, -1},
		"interrupted":             {context.Canceled, 130, problem.Interrupted, false, -1},
		"a problem of the caller": {problem.New(problem.Expired, text{JA: "期限切れです。", EN: "It has expired."}, text{JA: "次。", EN: "Next."}), 8, problem.Expired, false, -1},
		"of no type":              {errors.New("boom"), 1, problem.Failed, false, -1},
	}
	graver := map[problem.Code]bool{problem.PINWrong: true, problem.PINBlocked: true, problem.PINUnanswered: true, problem.PINUnconfirmed: true}
	for name, first := range all {
		alone := Error(first.err)
		if alone.Code != first.code || alone.Exit() != first.exit {
			t.Errorf("%s alone: %s, %d", name, alone.Code, alone.Exit())
		}
		for verified, words := range map[jpki.Verified]string{
			jpki.WasVerified: "The verified ", jpki.MaybeVerified: "If the ", jpki.NotVerified: "was not verified",
		} {
			open := &jpki.NotClosedError{Key: auth, Verified: verified, Err: pcsc.ErrNoService}
			after := *open
			after.After = first.err
			for shape, err := range map[string]error{
				"held": &after, "joined": errors.Join(first.err, open), "joined the other way": errors.Join(open, first.err), "wrapped": fmt.Errorf("signing: %w", &after),
			} {
				p := Error(err)
				wantCode, wantExit, other := problem.NotClosed, 1, first.code
				if graver[first.code] || verified == jpki.NotVerified {
					wantCode, wantExit, other = first.code, first.exit, problem.NotClosed
				}
				what := fmt.Sprintf("%s, verified %d, %s", name, verified, shape)
				if p.Code != wantCode || p.Exit() != wantExit || len(p.Also) != 1 || p.Also[0] != other {
					t.Errorf("%s: %s and %v, exit %d", what, p.Code, p.Also, p.Exit())
				}
				if !strings.Contains(p.What.EN, alone.What.EN) || !strings.Contains(p.What.JA, alone.What.JA) || !strings.Contains(p.Next.JA, alone.Next.JA) {
					t.Errorf("%s hides what came first: %s", what, p.What.EN)
				}
				if !strings.Contains(p.What.EN, words) || strings.Contains(p.What.EN, "The verified") != (verified == jpki.WasVerified) {
					t.Errorf("%s: %s", what, p.What.EN)
				}
				if takeIt := strings.HasPrefix(p.Next.EN, takeOut.EN); takeIt != (verified != jpki.NotVerified) {
					t.Errorf("%s: next %s", what, p.Next.EN)
				}
				if p.TryUsed != first.used || (p.Left != nil) != (first.left >= 0) || p.Left != nil && *p.Left != first.left {
					t.Errorf("%s: a try used %v, left %v", what, p.TryUsed, p.Left)
				}
			}
		}
	}
	if p := Error(&jpki.NotClosedError{Key: sign, Verified: jpki.WasVerified, Err: pcsc.ErrNoService}); p.Code != problem.NotClosed || p.Exit() != 1 || p.Also != nil || p.TryUsed {
		t.Errorf("alone: %+v", p)
	}
}
