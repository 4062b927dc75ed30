package cli

import (
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// finding is something about a card that a person should do something about.
type finding struct {
	code string    // for scripts; "" for what is only worth a word on the screen
	kind jpki.Kind // of the certificate, or of the one the PIN belongs to; 0 of the whole card
	days int       // left, of an open renewal
	line text      // one sentence that stands on its own
	next text      // what to do
	more string    // the topic of the guide that says how, if one does
}

// Codes of findings, as JSON has them. They are published and not renamed.
const (
	findUnusable    = "unusable"
	findExpired     = "expired"
	findUnreadable  = "unreadable"
	findNotYetValid = "not-yet-valid"
	findBlocked     = "blocked"
	findRenewalOpen = "renewal-open"
	findTriesUsed   = "tries-used"
)

var atCounter = text{JA: "市区町村の窓口", EN: "the municipal counter"}

// findings lists what there is to do, the most urgent first.
func (s cardStatus) findings() (all []finding) {
	if f, ok := s.unusable(); ok {
		return []finding{f}
	}
	for _, state := range []certificateState{stateExpired, stateUnreadable, stateNotYetValid} {
		all = append(all, s.certificatesIn(state)...)
	}
	var used, other []finding
	for i, p := range s.pins {
		switch c := s.certificates[i]; {
		case p.err != nil || c.state == stateAbsent || p.tries.Left == p.tries.Max:
		case p.key == jpki.KeyAuth && s.maybeWithoutPINs():
			other = append(other, finding{kind: c.kind, more: "locked", next: text{
				JA: "顔認証マイナンバーカードなら、暗証番号は使えないままで正常です。そうでなければロックされています。市区町村の窓口で解除してください。",
				EN: "On a face-authentication card it is right that no PIN works. On any other it is blocked: have it unlocked at the municipal counter.",
			}})
		case p.tries.Blocked():
			line := text{JA: "%sがロックされています。", EN: "The %s is blocked."}.With(terms.PINNames[p.key])
			f := finding{code: findBlocked, kind: c.kind, more: "locked", line: line, next: i18n.Join(text{EN: " "}, line, terms.UnlockWhere)}
			if s.onPhone() {
				f.next, f.more = i18n.Join(text{EN: " "}, line, terms.AboutPhone), "devices"
			}
			all = append(all, f)
		default:
			used = append(used, finding{
				code: findTriesUsed, kind: c.kind, more: "wrong-pin",
				line: text{JA: "%sは間違いが続いています(%s)。", EN: "Wrong entries of the %s were counted: %s."}.With(terms.PINNames[p.key], terms.TriesLeft(p.tries.Left)),
				next: text{
					JA: "%sは間違いが続いています(%s)。控えを確かめ、jpki pin verify %s で正しく入力すると元に戻ります。",
					EN: "Wrong entries of the %s were counted: %s. Check your note; a correct entry with jpki pin verify %s resets it.",
				}.With(terms.PINNames[p.key], terms.TriesLeft(p.tries.Left), p.key),
			})
		}
	}
	all = append(all, s.certificatesIn(stateRenewalOpen)...)
	return append(append(all, used...), other...)
}

// onPhone reports certificates on a phone. How those are renewed, and their PINs
// unlocked, is not known here: what is said of cards is not said of them.
func (s cardStatus) onPhone() bool { return s.token.Kind == jpki.TokenAndroid }

// unusable is what carries certificates that this program has no use for.
func (s cardStatus) unusable() (f finding, ok bool) {
	switch s.token.Kind {
	case jpki.TokenJukiCard:
		f.line = text{JA: "住民基本台帳カードの電子証明書は2018年に終わりました。", EN: "The certificates of Basic Resident Register Cards ended in 2018."}
		f.next = text{JA: "%sマイナンバーカードを使ってください。", EN: "%s Use a My Number Card."}.With(f.line)
	case jpki.TokenIPhone:
		f.line = text{JA: "iPhoneの証明書はこのプログラムでは扱えません。", EN: "Certificates on an iPhone cannot be used with this program."}
		f.next = text{JA: "%sカードを使ってください。", EN: "%s Use the card."}.With(f.line)
	default:
		return f, false
	}
	f.code, f.more = findUnusable, "devices"
	return f, true
}

// certificatesIn finds the certificates in a state, those that were not read by
// what is remembered of them.
func (s cardStatus) certificatesIn(state certificateState) (all []finding) {
	for _, c := range s.certificates {
		v, known := c.validity()
		is := c.state
		if c.seen != nil {
			is = certificateStates[v.State(s.now)]
		}
		if is != state {
			continue
		}
		f := finding{kind: c.kind}
		name := terms.CertificateNames[c.kind]
		if known {
			f.days = v.DaysLeft(s.now)
		}
		switch state {
		case stateExpired:
			f.code, f.more = findExpired, "renew"
			f.line = text{JA: "%sの有効期間は%sに終わりました。", EN: "The %s ended on %s."}.With(name, terms.Date(v.LastDay()))
			f.next = text{
				JA: "%sの有効期間が過ぎています。カードを持って%sで新しく発行してもらってください(無料)。",
				EN: "The %s has expired. Take the card to %s for a new one (free).",
			}.With(name, atCounter)
		case stateRenewalOpen:
			f.code, f.more = findRenewalOpen, "renew"
			f.line = text{JA: "%sを更新できます(満了日は%s、%s)。", EN: "The %s can be renewed until %s (%s)."}.With(name, terms.Date(v.LastDay()), terms.Days(f.days))
			f.next = text{
				JA: "%sまでに、カードと暗証番号を用意して%sで更新してください(無料)。",
				EN: "Renew by %s at %s: bring the card and your PINs (free).",
			}.With(terms.Date(v.LastDay()), atCounter)
		case stateUnreadable:
			f.code = findUnreadable
			f.line = text{JA: "%sを読み取れません。", EN: "The %s cannot be read."}.With(name)
			f.next = text{
				JA: "カードを置き直して、もう一度実行してください。変わらなければ%sに相談してください。",
				EN: "Put the card back and run this again. If it stays so, ask at %s.",
			}.With(atCounter)
		case stateNotYetValid:
			f.code = findNotYetValid
			f.line = text{JA: "%sの有効期間はまだ始まっていません。", EN: "The %s is not yet valid."}.With(name)
			f.next = text{JA: "このパソコンの日付と時刻を確かめてください。", EN: "Check the date and time of this computer."}
		}
		if s.onPhone() && (state == stateExpired || state == stateRenewalOpen) {
			if state == stateRenewalOpen {
				f.line = text{JA: "%sの有効期間満了日は%sです(%s)。", EN: "The last day of the %s is %s (%s)."}.With(name, terms.Date(v.LastDay()), terms.Days(f.days))
			}
			f.next, f.more = i18n.Join(text{EN: " "}, f.line, terms.AboutPhone), "devices"
		}
		if c.seen != nil {
			on := terms.Date(cert.DateOf(c.seen.Seen))
			f.line = text{JA: "%s%sに確認した日付です。", EN: "%s That was seen on %s."}.With(f.line, on)
			f.next = text{JA: "%s期限は%sに確認したものです。", EN: "%s When it ends was seen on %s."}.With(f.next, on)
		}
		all = append(all, f)
	}
	return all
}

// next is the one thing to do, and the topic of the guide that says how, if
// one does.
func (s cardStatus) next() (step text, more string) {
	if all := s.findings(); len(all) > 0 {
		return all[0].next, all[0].more
	}
	switch auth := s.certificates[1]; auth.state {
	case stateValid:
		if s.onPhone() {
			break
		}
		return text{JA: "今はありません。更新は%sからできます。", EN: "Nothing now. Renewal opens %s."}.With(terms.Date(cert.ValidityOf(auth.cert).RenewalOpens())), ""
	case stateNeedsPIN:
		return text{JA: "期限を見るには、暗証番号を用意して jpki status --ask を実行してください。", EN: "To see when the certificates end, run jpki status --ask with your PINs at hand."}, ""
	}
	return text{JA: "今はありません。", EN: "Nothing now."}, ""
}

// check prints what there is to do in one line, and says by the exit status
// whether that is anything.
func (a *app) check(opt *statusOptions, s cardStatus) error {
	var lines []text
	for _, f := range s.findings() {
		soon := f.code != findRenewalOpen || opt.within < 0 || f.days <= int(opt.within)
		if f.code != "" && soon {
			lines = append(lines, f.line)
		}
	}
	if len(lines) == 0 {
		return s.undecided()
	}
	if a.json {
		if err := a.io.JSON(s.json(a.io)); err != nil {
			return err
		}
	} else {
		a.io.Say(i18n.Join(text{EN: " "}, lines...))
	}
	return problem.Quiet(problem.Attention)
}

// undecided is the error where silence would say that all is well and nobody
// knows: no certificate could be read without its PIN.
func (s cardStatus) undecided() error {
	unread := false
	for _, c := range s.certificates {
		if _, known := c.validity(); known {
			return nil
		}
		unread = unread || c.state == stateNeedsPIN
	}
	if !unread {
		return nil
	}
	return problem.New(problem.NeedsPIN,
		text{JA: "証明書の期限は暗証番号なしでは分かりません。", EN: "When the certificates end cannot be seen without a PIN."},
		text{JA: "--pin-file などで署名用パスワードを渡してください(jpki help pin)。", EN: "Give the signing password with --pin-file or another way of jpki help pin."})
}

// short is the whole status in a few words.
func (s cardStatus) short() text {
	if f, ok := s.unusable(); ok {
		return f.line
	}
	parts := []text{s.shortDays()}
	for i, p := range s.pins {
		name := shortNames[p.key]
		switch {
		case p.err != nil || p.tries.Left == p.tries.Max || s.certificates[i].state == stateAbsent:
		case p.key == jpki.KeyAuth && s.maybeWithoutPINs():
		case p.tries.Blocked():
			parts = append(parts, text{JA: "%s ロック", EN: "%s blocked"}.With(name))
		default:
			parts = append(parts, text{JA: "%[1]s 残り%[2]d回", EN: "%s %d of %d tries left"}.With(name, p.tries.Left, p.tries.Max))
		}
	}
	return text{JA: "JPKI %s", EN: "JPKI %s"}.With(i18n.Join(text{JA: "、", EN: ", "}, parts...))
}

// shortDays counts the days of the authentication certificate, and those of the
// signing one where they are known to be others.
func (s cardStatus) shortDays() text {
	sign, auth := s.certificates[0], s.certificates[1]
	vs, signKnown := sign.validity()
	va, authKnown := auth.validity()
	switch {
	case auth.state == stateAbsent && sign.state == stateAbsent:
		return text{JA: "証明書なし", EN: "no certificates"}
	case !signKnown && !authKnown:
		return text{JA: "期限は不明", EN: "end unknown"}
	case !signKnown || authKnown && vs.LastDay() == va.LastDay():
		return s.shortValidity(va)
	case !authKnown:
		return s.shortValidity(vs)
	}
	return text{JA: "署名用 %s、利用者証明用 %s", EN: "signing %s, authentication %s"}.With(s.shortValidity(vs), s.shortValidity(va))
}

func (s cardStatus) shortValidity(v cert.Validity) text {
	days := terms.Days(v.DaysLeft(s.now))
	if v.State(s.now) == cert.RenewalOpen && !s.onPhone() {
		return text{JA: "%s(更新できます)", EN: "%s (renewal is open)"}.With(days)
	}
	return days
}

var shortNames = map[jpki.Key]text{
	jpki.KeySign: {JA: "署名用", EN: "signing"},
	jpki.KeyAuth: {JA: "利用者証明用", EN: "authentication"},
}
