// Package problem has the error reports for people and scripts: a description,
// the next step, a code that never changes, and the exit status that belongs to
// it.
package problem

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// Code names a problem to scripts. Codes are published and are not renamed.
type Code string

// The published codes.
const (
	Failed         Code = "failed"
	Output         Code = "output"
	Input          Code = "input"
	CardAnswer     Code = "card-answer"
	NotClosed      Code = "pin-not-closed"
	TLS            Code = "tls"
	Usage          Code = "usage"
	NoTerminal     Code = "no-terminal"
	WhichCard      Code = "which-card"
	NoService      Code = "no-service"
	NoReader       Code = "no-reader"
	NoCard         Code = "no-card"
	CardRemoved    Code = "card-removed"
	NotJPKI        Code = "not-jpki"
	NoCertificate  Code = "no-certificate"
	NeedsPIN       Code = "needs-pin"
	PINSource      Code = "pin-source"
	PINRule        Code = "pin-rule"
	WeakPIN        Code = "weak-pin"
	LastTry        Code = "last-try"
	MinTries       Code = "min-tries"
	TriesChanged   Code = "tries-changed"
	PINBlocked     Code = "pin-blocked"
	Attention      Code = "attention"
	Invalid        Code = "invalid"
	Expired        Code = "expired"
	KeyMismatch    Code = "key-mismatch"
	DamagedCert    Code = "certificate-damaged"
	Undecided      Code = "undecided"
	PINWrong       Code = "pin-wrong"
	PINUnanswered  Code = "pin-unanswered"
	CardInUse      Code = "card-in-use"
	PINUnconfirmed Code = "pin-unconfirmed"
	Interrupted    Code = "interrupted"
)

// Status is an exit status with its meaning.
type Status struct {
	Exit    int
	Meaning i18n.Text
	Codes   []Code
}

// Statuses lists every exit status of the program with the codes that lead to
// it, in order.
var Statuses = []Status{
	{0, i18n.Text{JA: "できました", EN: "done"}, nil},
	{1, i18n.Text{JA: "ほかの失敗", EN: "another failure"}, []Code{Failed, Output, Input, CardAnswer, NotClosed, TLS}},
	{2, i18n.Text{JA: "使い方の誤り", EN: "wrong usage"}, []Code{Usage, NoTerminal, WhichCard}},
	{3, i18n.Text{JA: "PC/SCサービスかカードリーダーがありません", EN: "no PC/SC service or no reader"}, []Code{NoService, NoReader}},
	{4, i18n.Text{JA: "カードがないか、求めたものがカードにありません", EN: "no card, or a card without what was asked for"}, []Code{NoCard, CardRemoved, NotJPKI, NoCertificate, NeedsPIN}},
	{5, i18n.Text{JA: "暗証番号は送る前に断られました(回数は減っていません)", EN: "PIN refused before it was sent (no try used)"}, []Code{PINSource, PINRule, WeakPIN, LastTry, MinTries, TriesChanged}},
	{6, i18n.Text{JA: "暗証番号がロックされています", EN: "PIN blocked"}, []Code{PINBlocked}},
	{7, i18n.Text{JA: "注意が必要です(更新できる期間、署名のあとに追加されたものが表示されるなど)", EN: "needs attention (renewal open; genuine as it was signed, but more is shown now)"}, []Code{Attention}},
	{8, i18n.Text{JA: "署名または証明書が無効か、提出先の条件に合いません(期限切れ、失効、鍵の不一致など)", EN: "signature or certificate invalid, or not what a service asks for (expired, revoked, key mismatch)"}, []Code{Invalid, Expired, KeyMismatch, DamagedCert}},
	{9, i18n.Text{JA: "判定できません", EN: "cannot be decided"}, []Code{Undecided}},
	{10, i18n.Text{JA: "暗証番号が違うか、送ったのに返事がありません(回数が1回減ったか、減ったかもしれません)", EN: "PIN wrong, or sent and not answered (a try was, or may have been, used)"}, []Code{PINWrong, PINUnanswered}},
	{11, i18n.Text{JA: "カードは使用中です。やり直してください", EN: "card in use, try again"}, []Code{CardInUse}},
	{12, i18n.Text{JA: "暗証番号の変更を確認できません(古いほうか新しいほうが有効です)", EN: "PIN change unconfirmed (the old or the new one may be in force)"}, []Code{PINUnconfirmed}},
	{130, i18n.Text{JA: "中断されました", EN: "interrupted"}, []Code{Interrupted}},
}

var exits = func() map[Code]int {
	m := map[Code]int{}
	for _, s := range Statuses {
		for _, c := range s.Codes {
			m[c] = s.Exit
		}
	}
	return m
}()

// Problem is an error that a person can act on.
type Problem struct {
	Code    Code
	What    i18n.Text // the event, one sentence
	Next    i18n.Text // the next step
	Left    *int      // tries left, where the problem is about a PIN and they are known
	TryUsed bool      // the card counted a failed try, or may have
	Also    []Code    // codes of further errors; What and Next describe them too
	Cause   error
	Silent  bool // the output already said it; only the exit status is left
}

// New makes a problem.
func New(code Code, what, next i18n.Text) *Problem {
	return &Problem{Code: code, What: what, Next: next}
}

// Misuse makes a problem of the command line. Without [Problem.WithNext] its
// next step is the help of the command.
func Misuse(what i18n.Text) *Problem { return New(Usage, what, i18n.Text{}) }

// Quiet makes a problem that only sets the exit status, because the output
// already says it.
func Quiet(code Code) *Problem { return &Problem{Code: code, Silent: true} }

// As finds the problem in an error.
func As(err error) (*Problem, bool) { return errors.AsType[*Problem](err) }

// WithNext sets the next step and returns p.
func (p *Problem) WithNext(next i18n.Text) *Problem {
	p.Next = next
	return p
}

// Because sets the cause and returns p.
func (p *Problem) Because(err error) *Problem {
	p.Cause = err
	return p
}

// With is p joined with a second problem: p, the graver one, decides code and
// exit status, and its sentences come first.
func (p *Problem) With(other *Problem) *Problem {
	both := *p
	both.What = i18n.Join(i18n.Text{EN: " "}, p.What, other.What)
	both.Next = i18n.Join(i18n.Text{EN: " "}, p.Next, other.Next)
	both.Also = append(append([]Code{}, p.Also...), append([]Code{other.Code}, other.Also...)...)
	both.TryUsed = p.TryUsed || other.TryUsed
	if both.Left == nil {
		both.Left = other.Left
	}
	both.Silent = false
	return &both
}

// WithTries sets the tries left and returns p.
func (p *Problem) WithTries(left int) *Problem {
	p.Left = &left
	return p
}

func (p *Problem) Error() string {
	if p.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", p.Code, p.What.EN, p.Cause)
	}
	return fmt.Sprintf("%s: %s", p.Code, p.What.EN)
}

func (p *Problem) Unwrap() error { return p.Cause }

// Exit is the exit status of the problem's code.
func (p *Problem) Exit() int {
	if n, ok := exits[p.Code]; ok {
		return n
	}
	return 1
}
