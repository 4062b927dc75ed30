package inspect

import (
	"errors"
	"slices"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// finding is something about a card that a person should do something about.
type finding struct {
	Code string    // for scripts; "" for a finding that only the screen shows
	Kind jpki.Kind // of the certificate, or of the one the PIN belongs to; 0 of the whole card
	Days int       // left, of an open renewal
	Line text      // one sentence that stands on its own
	next text      // the next step
	left int       // tries, of a PIN that was entered wrongly
	More string    // the topic of the guide with details, "" if there is none

	Unread bool // a part of the card could not be looked at, and nothing else is wrong with it
}

// Codes of findings, as JSON has them. They are published and not renamed.
const (
	FindUnusable    = "unusable"
	FindExpired     = "expired"
	FindUnreadable  = "unreadable"
	findNotYetValid = "not-yet-valid"
	FindBlocked     = "blocked"
	FindRenewalOpen = "renewal-open"
	findTriesUsed   = "tries-used"

	findCardExpired   = "card-expired"
	FindCardRenewal   = "card-renewal-open"
	findCounterUnread = "counter-unreadable"

	// FindEndsSoon is for a phone: the counterpart of an open renewal of a
	// card.
	FindEndsSoon = "ends-soon"
)

var atCounter = text{JA: "市区町村の窓口", EN: "the municipal counter"}

// Findings lists the next steps, the most urgent first.
func (s Card) Findings() (all []finding) {
	if f, ok := s.unusable(); ok {
		return []finding{f}
	}
	card, cardEnds := s.cardEnds()
	if cardEnds && card.Code == findCardExpired {
		all = append(all, card)
	}
	for _, state := range []State{Expired, Unreadable, NotYetValid} {
		all = append(all, s.certificatesIn(state)...)
	}
	var last, used, other []finding // with one try left, with fewer than all, and the rest
	for _, c := range s.Keys() {
		switch p := c.PIN; {
		case c.State == Absent && p.Err == nil || p.Err == nil && p.Tries.Left == p.Tries.Max:
		case p.Err != nil:
			all = append(all, finding{
				Code: findCounterUnread, Kind: c.Kind, Unread: true,
				Line: text{JA: "%sの残り回数を読み取れません。", EN: "The tries left of the %s cannot be read."}.With(terms.PINNames[p.Key]),
				next: text{
					JA: "%sの残り回数が分からないまま、暗証番号を入力しないでください。カードを置き直して、もう一度実行してください。変わらなければ jpki doctor で調べられます。",
					EN: "Do not enter the %s while its tries are not known. Put the card back and run this again; if it stays so, jpki doctor looks for the cause.",
				}.With(terms.PINNames[p.Key]),
			})
		case p.Key == jpki.KeyAuth && s.MaybeWithoutPINs():
			other = append(other, finding{Kind: c.Kind, More: "locked", next: text{
				JA: "顔認証マイナンバーカードなら、暗証番号は使えないままで正常です。そうでなければロックされています。市区町村の窓口で解除してください。",
				EN: "On a face-authentication card that is normal: its PINs cannot be used. On any other it is blocked: have it unlocked at the municipal counter.",
			}})
		case p.Tries.Blocked():
			line := text{JA: "%sがロックされています。", EN: "The %s is blocked."}.With(terms.PINNames[p.Key])
			f := finding{Code: FindBlocked, Kind: c.Kind, More: "locked", Line: line, next: i18n.Join(text{EN: " "}, line, terms.UnlockWhere)}
			if s.OnPhone() {
				f.next, f.More = i18n.Join(text{EN: " "}, line, terms.AboutPhone), "devices"
			}
			all = append(all, f)
		default:
			f := finding{
				Code: findTriesUsed, Kind: c.Kind, More: "wrong-pin", left: p.Tries.Left,
				Line: text{JA: "%sは間違いが続いています(%s)。", EN: "Wrong entries of the %s were counted: %s."}.With(terms.PINNames[p.Key], terms.TriesLeft(p.Tries.Left)),
				next: text{
					JA: "%sは間違いが続いています(%s)。控えを確かめ、jpki pin verify %s で正しく入力すると元に戻ります。",
					EN: "Wrong entries of the %s were counted: %s. Check your note; a correct entry with jpki pin verify %s resets it.",
				}.With(terms.PINNames[p.Key], terms.TriesLeft(p.Tries.Left), p.Key),
			}
			if p.Tries.Left == 1 {
				f.next = text{
					JA: "%sは残り1回で、次に間違えるとロックされます。控えを確かめてから、jpki pin verify %s で入力してください。正しければ元に戻ります。",
					EN: "One try is left for the %s, and a mistake blocks it. Check your note, then enter it with jpki pin verify %s: a correct entry resets the counter.",
				}.With(terms.PINNames[p.Key], p.Key)
				last = append(last, f)
			} else {
				used = append(used, f)
			}
		}
	}
	all = append(all, last...)
	if cardEnds && card.Code == FindCardRenewal {
		all = append(all, card)
	}
	for _, f := range s.certificatesIn(RenewalOpen) {
		if !s.cardEndsBy(f) { // else it is the card that has to be renewed
			all = append(all, f)
		}
	}
	slices.SortStableFunc(used, func(a, b finding) int { return a.left - b.left })
	return append(append(all, used...), other...)
}

// cardEnds is that the card itself has ended, or ends soon.
func (s Card) cardEnds() (f finding, ok bool) {
	if s.LastDay == nil {
		return f, false
	}
	last, today := *s.LastDay, cert.DateOf(s.Now)
	f.Days, f.More = today.DaysUntil(last), "renew"
	switch {
	case f.Days < 0:
		f.Code = findCardExpired
		f.Line = text{JA: "カード本体の有効期間は%sに終わりました。", EN: "The card itself ended on %s."}.With(terms.Date(last))
		f.next = text{JA: "%s%sで新しいカードを申請してください。", EN: "%s Apply for a new card at %s."}.With(f.Line, atCounter)
	case today.Compare(cert.RenewalOpens(last)) >= 0:
		f.Code = FindCardRenewal
		f.Line = text{JA: "カード本体の有効期間満了日は%sです(%s)。証明書も、そこまでです。", EN: "The card itself ends on %s (%s), and no certificate outlasts it."}.With(terms.Date(last), terms.Days(f.Days))
		f.next = text{
			JA: "カード本体の有効期間が%sに終わります。新しいカードを申請してください(%sで確かめられます)。",
			EN: "The card itself ends on %s. Apply for a new card (%s tells how).",
		}.With(terms.Date(last), atCounter)
	default:
		return f, false
	}
	return f, true
}

// cardEndsBy reports that the card ends no later than the certificate of an open
// renewal.
func (s Card) cardEndsBy(f finding) bool {
	return s.LastDay != nil && cert.DateOf(s.Now).DaysUntil(*s.LastDay) <= f.Days
}

// OnPhone reports certificates on a phone: findings about cards are not for
// them.
func (s Card) OnPhone() bool { return s.Token.Kind.OnPhone() }

// unusable is a token with certificates that are of no use any more.
func (s Card) unusable() (f finding, ok bool) {
	if s.Token.Kind.Usable() {
		return f, false
	}
	f = finding{Code: FindUnusable, More: "devices", Line: terms.Ended[s.Token.Kind]}
	f.next = i18n.Join(text{EN: " "}, f.Line, terms.UseCard)
	return f, true
}

// certificatesIn finds the certificates in a state. For a certificate that was
// not read, it uses the remembered data.
func (s Card) certificatesIn(state State) (all []finding) {
	for _, c := range s.Keys() {
		v, known := c.Validity()
		is := c.State
		if c.Seen != nil {
			is = States[v.State(s.Now)]
		}
		if is != state {
			continue
		}
		f := finding{Kind: c.Kind}
		name := terms.CertificateNames[c.Kind]
		if known {
			f.Days = v.DaysLeft(s.Now)
		}
		switch state {
		case Expired:
			f.Code, f.More = FindExpired, "renew"
			f.Line = text{JA: "%sの有効期間は%sに終わりました。", EN: "The %s ended on %s."}.With(name, terms.Date(v.LastDay()))
			f.next = text{
				JA: "%sの有効期間が過ぎています。カードを持って%sで新しく発行してもらってください(無料)。",
				EN: "The %s has expired. Take the card to %s for a new one (free).",
			}.With(name, atCounter)
		case RenewalOpen:
			f.Code, f.More = FindRenewalOpen, "renew"
			f.Line = text{JA: "%sを更新できます(満了日は%s、%s)。", EN: "The %s can be renewed until %s (%s)."}.With(name, terms.Date(v.LastDay()), terms.Days(f.Days))
			f.next = text{
				JA: "%sまでに、カードと暗証番号を用意して%sで更新してください(無料)。",
				EN: "Renew by %s at %s: bring the card and your PINs (free).",
			}.With(terms.Date(v.LastDay()), atCounter)
		case Unreadable:
			f.Code, f.Unread = FindUnreadable, !errors.Is(c.Err, jpki.ErrDamaged)
			f.Line = text{JA: "%sを読み取れません。", EN: "The %s cannot be read."}.With(name)
			f.next = text{
				JA: "カードを置き直して、もう一度実行してください。変わらなければ%sに相談してください。",
				EN: "Put the card back and run this again. If it stays so, ask at %s.",
			}.With(atCounter)
		case NotYetValid:
			f.Code = findNotYetValid
			f.Line = text{JA: "%sの有効期間はまだ始まっていません。", EN: "The %s is not yet valid."}.With(name)
			f.next = text{JA: "このパソコンの日付と時刻を確かめてください。", EN: "Check the date and time of this computer."}
		}
		if s.OnPhone() && (state == Expired || state == RenewalOpen) {
			if state == RenewalOpen {
				f.Code = FindEndsSoon
				f.Line = text{JA: "%sの有効期間満了日は%sです(%s)。", EN: "The last day of the %s is %s (%s)."}.With(name, terms.Date(v.LastDay()), terms.Days(f.Days))
			}
			f.next, f.More = i18n.Join(text{EN: " "}, f.Line, terms.AboutPhone), "devices"
		}
		if c.Seen != nil {
			on := terms.Date(cert.DateOf(c.Seen.Seen))
			f.Line = text{JA: "%s%sに確認した日付です。", EN: "%s That was seen on %s."}.With(f.Line, on)
			f.next = text{JA: "%s期限は%sに確認したものです。", EN: "%s When it ends was seen on %s."}.With(f.next, on)
		}
		all = append(all, f)
	}
	return all
}

// Next is the most urgent step, and the topic of the guide with details, if
// there is one.
func (s Card) Next() (step text, more string) {
	if all := s.Findings(); len(all) > 0 {
		return all[0].next, all[0].More
	}
	switch auth := s.Auth; auth.State {
	case Valid:
		if s.OnPhone() {
			break
		}
		v := cert.ValidityOf(auth.Cert)
		if s.LastDay != nil && s.LastDay.Compare(v.LastDay()) <= 0 {
			step = text{JA: "カード本体の更新は%sからできます。", EN: "Renewal of the card itself opens %s."}.With(terms.Date(cert.RenewalOpens(*s.LastDay)))
			return s.noStepNeeded(step)
		}
		return s.noStepNeeded(text{JA: "更新は%sからできます。", EN: "Renewal opens %s."}.With(terms.Date(v.RenewalOpens())))
	case NeedsPIN:
		return text{JA: "期限を見るには、暗証番号を用意して jpki status --ask を実行してください。", EN: "To see when the certificates end, run jpki status --ask with your PINs at hand."}, ""
	}
	return s.noStepNeeded(text{})
}

// noStepNeeded states that no step is needed, judging by dates and counters. No card
// shows whether a change of name or address has revoked the signing
// certificate.
func (s Card) noStepNeeded(later text) (step text, more string) {
	if s.Sign.State == Absent {
		return i18n.Join(text{EN: " "}, text{JA: "今することはありません。", EN: "Nothing now."}, later), ""
	}
	if s.OnPhone() {
		return text{JA: "期限と残り回数から見るかぎり、今することはありません。", EN: "Nothing now, going by the dates and the tries."}, "devices"
	}
	return i18n.Join(text{EN: " "},
		text{JA: "氏名や住所などが変わっていなければ、今することはありません。", EN: "Nothing now, unless your name or address has changed."}, later), "moved"
}

// Undecided is the error for a card without a certificate readable without PIN.
// Silence would then wrongly mean that all is well.
func (s Card) Undecided() error {
	unread := false
	for _, c := range s.Keys() {
		if _, known := c.Validity(); known {
			return nil
		}
		unread = unread || c.State == NeedsPIN
	}
	if !unread {
		return nil
	}
	return problem.New(problem.NeedsPIN,
		text{JA: "証明書の期限は暗証番号なしでは分かりません。", EN: "When the certificates end cannot be seen without a PIN."},
		text{JA: "--pin-file などで署名用パスワードを渡してください(jpki help pin)。", EN: "Give the signing password with --pin-file or another way of jpki help pin."})
}

// Short is the whole status in a few words.
func (s Card) Short() text {
	if f, ok := s.unusable(); ok {
		return f.Line
	}
	parts := []text{s.shortDays()}
	for _, c := range s.Keys() {
		p := c.PIN
		name := shortNames[p.Key]
		switch {
		case p.Err != nil:
			parts = append(parts, text{JA: "%s 残り回数は不明", EN: "%s tries unknown"}.With(name))
		case p.Tries.Left == p.Tries.Max || c.State == Absent:
		case p.Key == jpki.KeyAuth && s.MaybeWithoutPINs():
		case p.Tries.Blocked():
			parts = append(parts, text{JA: "%s ロック", EN: "%s blocked"}.With(name))
		default:
			parts = append(parts, text{JA: "%[1]s 残り%[2]d回", EN: "%s %d of %d tries left"}.With(name, p.Tries.Left, p.Tries.Max))
		}
	}
	return text{JA: "JPKI %s", EN: "JPKI %s"}.With(i18n.Join(text{JA: "、", EN: ", "}, parts...))
}

// shortDays counts the days left of the authentication certificate, and those
// of the signing certificate if they are known to differ.
func (s Card) shortDays() text {
	sign, auth := s.Sign, s.Auth
	vs, signKnown := sign.Validity()
	va, authKnown := auth.Validity()
	switch {
	case auth.State == Absent && sign.State == Absent:
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

func (s Card) shortValidity(v cert.Validity) text {
	days := terms.Days(v.DaysLeft(s.Now))
	if v.State(s.Now) == cert.RenewalOpen && !s.OnPhone() {
		return text{JA: "%s(更新できます)", EN: "%s (renewal is open)"}.With(days)
	}
	return days
}

var shortNames = map[jpki.Key]text{
	jpki.KeySign: {JA: "署名用", EN: "signing"},
	jpki.KeyAuth: {JA: "利用者証明用", EN: "authentication"},
}
