package explain

import (
	"slices"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// moreSevereThanOpen are the problems of a PIN session more serious than a key left
// open. Removing the card closes the key. But a used try stays used, and the
// person must know which PIN is in force.
var moreSevereThanOpen = []problem.Code{problem.PINUnconfirmed, problem.PINWrong, problem.PINUnanswered, problem.PINBlocked}

// explainNotClosed is the rule for two failures of a PIN session. The more
// serious one decides code and exit status; the other follows it in the text.
// The text always mentions the session left open, and gives its remedy first.
func explainNotClosed(e *jpki.NotClosedError, err error) *problem.Problem {
	open := problem.New(problem.NotClosed, openTexts[e.Verified].With(terms.PINNames[e.Key]), takeOut)
	if e.Verified == jpki.NotVerified {
		open.Next = text{}
	}
	first := e.After
	if first == nil {
		first = beside(err, e)
	}
	if first == nil {
		return open
	}
	before := one(first)
	switch {
	case before.Silent:
		return open
	case slices.Contains(moreSevereThanOpen, before.Code), e.Verified == jpki.NotVerified:
		both := before.With(open)
		if e.Verified != jpki.NotVerified {
			both.Next = i18n.Join(text{EN: " "}, open.Next, before.Next)
		}
		return both
	}
	return open.With(before)
}

var openTexts = map[jpki.Verified]text{
	jpki.WasVerified: {
		JA: "%sを確認した状態を閉じられませんでした。ほかのプログラムがこの鍵を使えるおそれがあります。",
		EN: "The verified %s could not be closed: another program could use the key.",
	},
	jpki.MaybeVerified: {
		JA: "%sが正しかった場合、確認した状態が閉じられないまま残り、ほかのプログラムがこの鍵を使えるおそれがあります。",
		EN: "If the %s was right, it could not be closed: another program could use the key.",
	},
	jpki.NotVerified: {
		JA: "最後にカードをリセットできませんでしたが、%sは確認されていないので、開いたままの鍵はありません。",
		EN: "The card could not be reset at the end, but as the %s was not verified no key is open.",
	},
}

var takeOut = text{JA: "すぐにカードをリーダーから外してください。", EN: "Take the card off the reader now."}

// beside returns the error joined to a NotClosedError, or nil.
func beside(err error, e *jpki.NotClosedError) error {
	join, ok := err.(interface{ Unwrap() []error })
	if !ok || err == error(e) {
		return nil
	}
	for _, part := range join.Unwrap() {
		if part != error(e) {
			return part
		}
	}
	return nil
}
