package cli

import (
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// momentText writes a moment in Japan's zone.
func momentText(t time.Time) text {
	clock := t.In(cert.JST).Format("15:04:05")
	return text{JA: "%s %s", EN: "%s %s JST"}.With(dateText(cert.DateOf(t)), clock)
}

var verdictTexts = map[trust.Status]text{
	trust.Valid:                    {JA: "署名は有効です(失効していないことを確認しました)", EN: "valid (not revoked)"},
	trust.ValidRevocationUnchecked: {JA: "署名は真正です(失効は未確認)", EN: "genuine (revocation not checked)"},
	trust.Invalid:                  {JA: "署名は無効です", EN: "not genuine"},
	trust.Indeterminate:            {JA: "判定できません", EN: "cannot be decided"},
}

var verdictTones = map[trust.Status]ui.Tone{
	trust.Valid: ui.Good, trust.ValidRevocationUnchecked: ui.Good, trust.Invalid: ui.Bad, trust.Indeterminate: ui.Warn,
}

func (a *app) printVerdicts(verdicts []fileVerdict) {
	w := a.io.Out
	for i, f := range verdicts {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, a.io.Paint(ui.Strong, f.file))
		if f.err != nil {
			fmt.Fprintf(w, "  %s\n", a.io.Paint(ui.Bad, a.say(a.explain(f.err).What)))
			continue
		}
		for j, s := range f.signatures {
			if j > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprint(w, ui.Table(2, nil, a.verdictRows(s)))
		}
	}
}

func (a *app) verdictRows(s signatureVerdict) [][]string {
	status := s.verdict.Status()
	verdict := verdictTexts[status]
	if s.verdict.Issuer.Standing == trust.Demo {
		verdict = text{JA: "%s(デモ: 本物ではありません)", EN: "%s (DEMO, not real)"}.With(verdict)
	}
	if s.verdict.Issuer.Standing == trust.Given {
		verdict = text{JA: "%s(公的個人認証サービスではなく、--ca で指定した認証局)", EN: "%s (under a CA of --ca, not under JPKI)"}.With(verdict)
	}
	rows := [][]string{a.row(verdictTones[status], text{JA: "判定", EN: "Verdict"}, capital(verdict))}
	for _, r := range s.verdict.Reasons {
		rows = append(rows, a.row(ui.Plain, text{JA: "理由", EN: "Reason"}, reasonText(r)))
	}
	if c := s.cert; c != nil {
		if s.name != "" {
			rows = append(rows, []string{a.say(text{JA: "署名者", EN: "Signer"}), s.name})
		} else {
			rows = append(rows, []string{a.say(text{JA: "署名者", EN: "Signer"}), cert.Name(c.RawSubject)})
		}
		rows = append(rows, a.row(ui.Plain, text{JA: "証明書", EN: "Certificate"}, kindTexts[cert.KindOf(c)]))
	}
	if t := s.claimed; !t.IsZero() {
		rows = append(rows, a.row(ui.Plain, text{JA: "署名日時", EN: "Signed at"},
			text{JA: "%s(署名者の申告)", EN: "%s (as the signer claims)"}.With(momentText(t))))
	}
	switch {
	case !s.proven.IsZero():
		rows = append(rows, a.row(ui.Good, text{JA: "タイムスタンプ", EN: "Timestamp"},
			text{JA: "%sには存在していました", EN: "it existed on %s"}.With(momentText(s.proven))))
	case !s.unproven.IsZero():
		rows = append(rows, a.row(ui.Plain, text{JA: "タイムスタンプ", EN: "Timestamp"},
			text{JA: "%s(信頼するには --tsa-ca が必要)", EN: "%s (not believed without --tsa-ca)"}.With(momentText(s.unproven))))
	}
	for _, c := range s.covers {
		rows = append(rows, a.row(ui.Plain, text{JA: "範囲", EN: "Covers"}, c))
	}
	if !s.after.IsZero() {
		rows = append(rows, a.row(ui.Plain, text{JA: "署名のあと", EN: "Since then"}, s.after))
	}
	return append(rows, a.revocationRows(s.verdict)...)
}
