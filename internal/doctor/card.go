package doctor

import (
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
)

// checkCards asks whether there is a card, the right way up, and of JPKI.
func checkCards(e *Environment) (findings []Finding) {
	if !e.Demo && (e.Service != nil || len(e.physical()) == 0) {
		return nil
	}
	found := slices.ContainsFunc(e.Cards, Card.usable)
	for _, r := range e.Readers {
		if r.Present && r.Mute && !r.Virtual() {
			findings = append(findings, mute(!found, r.Name))
		}
	}
	for _, c := range e.Cards {
		findings = append(findings, c.finding(!found))
	}
	if len(findings) == 0 {
		findings = append(findings, bad("no-card", problem.NoCard,
			text{JA: "リーダーにカードがありません。", EN: "There is no card on the reader."},
			text{JA: "マイナンバーカードを置いて、もう一度 jpki doctor を実行してください。カードの先のことはまだ調べていません。", EN: "Put the My Number Card on it and run jpki doctor again: nothing beyond was looked at yet."}))
	}
	return findings
}

// badIf is a bad finding, or a mere note where a card works beside it.
func badIf(really bool, name string, code problem.Code, what, next text) Finding {
	if really {
		return bad(name, code, what, next)
	}
	return note(name, what, next)
}

// mute is a card that does not answer.
func mute(really bool, reader string) Finding {
	return badIf(really, "card-mute", problem.NoCard,
		text{JA: "「%s」のカードが応答しません。", EN: "The card in %q does not answer."}.With(reader), terms.TurnCard)
}

// usable reports a card that this program works with.
func (c Card) usable() bool {
	return c.Err == nil && c.Token.Kind.Usable()
}

func (c Card) finding(alone bool) Finding {
	switch {
	case c.Err == nil:
		return c.kind(alone)
	case errors.Is(c.Err, jpki.ErrNotJPKI):
		return badIf(alone, "not-jpki", problem.NotJPKI,
			text{JA: "「%s」のカードには公的個人認証のアプリケーションがありません。", EN: "The card in %q has no JPKI application."}.With(c.Reader),
			text{JA: "マイナンバーカードか確かめてください。接触式のリーダーでは、カードの裏のICチップを使います。", EN: "See that it is the My Number Card. In a contact reader, the chip on its back is the one."})
	case errors.Is(c.Err, pcsc.ErrCardMute):
		return mute(alone, c.Reader)
	case errors.Is(c.Err, pcsc.ErrInUse):
		return badIf(alone, "card-in-use", problem.CardInUse,
			text{JA: "「%s」のカードは、ほかのプログラムが使っています。", EN: "Another program is using the card in %q."}.With(c.Reader),
			text{JA: "JPKI利用者ソフトやe-Taxなど、カードを使うプログラムが終わるのを待ってください。", EN: "Wait until the programs that use it are done: the JPKI client, e-Tax and the like."})
	case errors.Is(c.Err, pcsc.ErrAccess):
		return badIf(alone, "card-refused", problem.NoService,
			text{JA: "「%s」のカードの利用が許可されていません。", EN: "The use of the card in %q is not permitted."}.With(c.Reader),
			text{
				JA: "Linuxでは、polkitの org.debian.pcsc-lite.access_card をこの利用者に許す規則が要ります。ほかのシステムでは、管理者に尋ねてください。",
				EN: "On Linux, polkit needs a rule that allows this user org.debian.pcsc-lite.access_card. Elsewhere, ask the administrator.",
			})
	}
	return badIf(alone, "card-fails", problem.NoCard,
		text{JA: "「%s」のカードを読み取れません。\n詳細: %s", EN: "The card in %q cannot be read: %s"}.With(c.Reader, c.Err.Error()),
		text{JA: "カードを置き直し、動かさずにもう一度実行してください。ケースや財布から出してください。", EN: "Take the card off, out of its sleeve, put it back, and run this again without moving it."})
}

// kind names the kind of the card.
func (c Card) kind(alone bool) Finding {
	kind := c.Token.Kind
	switch {
	case !kind.Usable():
		return badIf(alone, kind.String(), problem.NoCertificate,
			text{JA: "「%s」は%sです。%s", EN: "In %q is a %s. %s"}.With(c.Reader, terms.TokenNames[kind], terms.Ended[kind]), terms.UseCard)
	case kind == jpki.TokenCard:
		return ok("card", text{JA: "マイナンバーカードです(%s)。", EN: "It is a My Number Card (%s)."}.With(c.Reader))
	case kind.OnPhone() && terms.Untried(kind).IsZero():
		return ok(kind.String(), text{JA: "%sの証明書です(%s)。", EN: "It is the certificates of an %s (%s)."}.With(terms.TokenNames[kind], c.Reader))
	case kind.OnPhone():
		return note(kind.String(), text{JA: "%sの証明書です(%s)。", EN: "It is the certificates of an %s (%s)."}.With(terms.TokenNames[kind], c.Reader), terms.Untried(kind))
	}
	return warn("unknown-token",
		text{JA: "公的個人認証のアプリケーションはありますが、「%s」のカードの種類が分かりません。", EN: "There is a JPKI application in %q, but the kind of card is not known."}.With(c.Reader),
		text{JA: "新しい種類のカードかもしれません。このプログラムを新しいものにしてください。", EN: "It may be a new kind of card. Use the latest version of this program."})
}

// checkCertificates asks whether everything that is free to read can be read.
func checkCertificates(e *Environment) (findings []Finding) {
	for _, c := range e.Cards {
		if c.Err != nil {
			continue
		}
		failed := false
		for _, k := range jpki.Kinds() {
			if f := c.certificate(k); f != nil {
				findings = append(findings, *f)
				failed = true
			}
		}
		for _, k := range c.Keys() {
			if err := k.PIN.Err; err != nil {
				findings = append(findings, warn("counter-unreadable",
					text{JA: "%sの残り回数を読み取れません。\n詳細: %s", EN: "The tries left of the %s cannot be read: %s"}.With(terms.PINNames[k.PIN.Key], err.Error()),
					text{JA: "残り回数が分からないまま暗証番号を入力しないでください。カードを置き直して、もう一度実行してください。", EN: "Do not enter that PIN while its tries are not known. Put the card back and run this again."}))
				failed = true
			} else if f := c.counter(k); f != nil {
				findings = append(findings, *f)
			}
		}
		if !failed {
			findings = append(findings, ok("certificates", text{JA: "暗証番号なしで読めるものは、すべて読み取れました。", EN: "All that needs no PIN can be read."}))
		}
	}
	return findings
}

// counter gives a finding where a PIN is blocked, or one mistake away from it. A
// PIN without its certificate opens nothing.
func (c Card) counter(k inspect.Key) *Finding {
	name := terms.PINNames[k.PIN.Key]
	var f Finding
	switch {
	case k.State == inspect.Absent:
		return nil
	case k.PIN.Key == jpki.KeyAuth && c.MaybeWithoutPINs():
		f = note("pin-unusable",
			text{JA: "%sは使えません。", EN: "The %s cannot be used."}.With(name),
			text{JA: "顔認証マイナンバーカードなら、それで正常です。そうでなければロックされています(jpki guide locked)。", EN: "On a face-authentication card that is as it should be. On any other it is blocked (jpki guide locked)."})
	case k.PIN.Tries.Blocked():
		next := terms.UnlockHint
		if c.OnPhone() {
			next = terms.AboutPhone
		}
		f = warn("pin-blocked", text{JA: "%sがロックされています。", EN: "The %s is blocked."}.With(name), next)
	case k.PIN.Tries.Left == 1:
		f = warn("last-try",
			text{JA: "%sは残り1回です。次に間違えるとロックされます。", EN: "One try is left for the %s: a mistake blocks it."}.With(name),
			text{JA: "控えを確かめるまで、どのプログラムにも入力しないでください(jpki guide wrong-pin)。", EN: "Enter it in no program before you have checked your note (jpki guide wrong-pin)."})
	default:
		return nil
	}
	return &f
}

// certificate returns a finding about a certificate with a fault. The signing
// certificate always needs its password, so its error tells only whether it
// exists.
func (c Card) certificate(k jpki.Kind) *Finding {
	err, name := c.failure(k), terms.CertificateNames[k]
	var f Finding
	switch {
	case err == nil || errors.Is(err, jpki.ErrNeedsPIN):
		return nil
	case errors.Is(err, jpki.ErrAbsent) && k == jpki.KindSign:
		f = note("no-signing-certificate", text{JA: "このカードに%sはありません。", EN: "This card holds no %s."}.With(name),
			text{JA: "15歳未満の方や顔認証マイナンバーカードなら、それで正常です。", EN: "For holders under 15 and face-authentication cards that is as it should be."})
	case errors.Is(err, jpki.ErrAbsent):
		f = bad("no-certificate", problem.NoCertificate, text{JA: "このカードに%sはありません。", EN: "This card holds no %s."}.With(name),
			text{JA: "カードを申請したときに「不要」とした証明書は入っていません。発行は市区町村の窓口で申し込めます(jpki guide issue)。", EN: "A certificate that was declined when the card was applied for is absent. The municipal counter can issue it (jpki guide issue)."})
	case errors.Is(err, jpki.ErrDamaged):
		f = bad("certificate-damaged", problem.DamagedCert, text{JA: "カードの%sが壊れています。", EN: "The %s on the card is damaged."}.With(name),
			text{JA: "カードを置き直しても同じなら、市区町村の窓口に相談してください。", EN: "Put the card back and try again; if it stays so, ask at the municipal counter."})
	default:
		f = bad("certificate-unreadable", problem.CardAnswer, text{JA: "カードの%sを読み取れません。\n詳細: %s", EN: "The %s on the card cannot be read: %s"}.With(name, err.Error()),
			text{JA: "カードを置き直し、動かさずにもう一度実行してください。", EN: "Put the card back and run this again without moving it."})
	}
	return &f
}

// clock writes the time in Japan, by which certificates end, and that of this
// computer where it is another.
func clock(now time.Time) string {
	const form = "2006-01-02 15:04"
	written := now.In(cert.JST).Format(form) + " JST"
	if _, offset := now.Zone(); offset != 9*60*60 {
		written += " = " + now.Format(form) + " " + terms.Zone(now)
	}
	return written
}

// checkClock holds the clock against times that are surely past: this program
// was built, and the card in the reader was issued. Whether the clock is right
// to the minute cannot be known from here.
func checkClock(e *Environment) (findings []Finding) {
	set := system{
		linux:   text{JA: "「timedatectl set-ntp true」で時計を合わせてください。", EN: "Set it: timedatectl set-ntp true."},
		darwin:  text{JA: "「システム設定」の「一般」「日付と時刻」で、自動設定にしてください。", EN: "In System Settings, General, Date & Time, set it automatically."},
		windows: text{JA: "「設定」の「時刻と言語」「日付と時刻」で「今すぐ同期」を押してください。", EN: "In Settings, Time & language, Date & time, press Sync now."},
		other:   text{JA: "時計を合わせてください。", EN: "Set the clock."},
	}.on(e.OS)
	behind := func(why text) Finding {
		return bad("clock-behind", problem.Failed,
			text{JA: "パソコンの時計が遅れています(%s)。%s。", EN: "The computer's clock is behind (%s): %s."}.With(clock(e.Now), why), set)
	}
	if !e.Built.IsZero() && e.Now.Before(e.Built.Add(-24*time.Hour)) {
		return []Finding{behind(text{JA: "このプログラムができた日より前になっています", EN: "it is before this program was made"})}
	}
	for _, c := range e.Cards {
		v, known := c.Auth.Validity()
		if !known {
			continue
		}
		if !c.Token.Kind.Usable() { // that its certificates ended was said
			findings = append(findings, ok("clock", text{JA: "時計は%sです。", EN: "The clock says %s."}.With(clock(e.Now))))
			continue
		}
		renew := text{JA: "時計の日付が正しければ、市区町村の窓口で新しい証明書を発行してもらってください(無料)。", EN: "If the date of the clock is right, the municipal counter issues a new certificate (free)."}
		if c.OnPhone() {
			renew = terms.AboutPhone
		}
		switch state := v.State(e.Now); state {
		case cert.NotYetValid:
			findings = append(findings, behind(text{JA: "カードの証明書が発行された日より前になっています", EN: "it is before the card's certificate was issued"}))
		case cert.Expired:
			findings = append(findings, bad("expired", problem.Expired,
				text{JA: "利用者証明用電子証明書の有効期間は%sに終わりました(時計は%s)。", EN: "The user-authentication certificate ended on %s (the clock says %s)."}.With(v.LastDay(), clock(e.Now)),
				renew))
		default:
			findings = append(findings, ok("clock", text{JA: "時計(%s)は、証明書の有効期間の中です。", EN: "The clock (%s) is within the certificate's validity."}.With(clock(e.Now))))
		}
	}
	if len(findings) == 0 {
		findings = append(findings, unknown("clock-unknown",
			text{JA: "時計は%sです。証明書を読んでいないので、合っているかは分かりません。", EN: "The clock says %s. No certificate was read that could confirm it."}.With(clock(e.Now)), text{}))
	}
	return findings
}
