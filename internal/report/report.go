// Package report writes what was found about signatures as one HTML page to
// keep: to print, to file, to send along. It has no script and needs nothing
// from anywhere; what comes from a document can add nothing to it.
//
// The page is made for somebody who never saw this program: the verdict first,
// in words; what was looked at and what was not; and the course of time as a
// picture and as a table.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/printable"
)

type text = i18n.Text

// Tone says how good something is. The page shows it by a sign and a colour
// beside the words, never alone.
type Tone string

// The tones.
const (
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
	Plain Tone = "plain"
)

// sign is what a tone looks like without colours.
func (t Tone) sign() string {
	switch t {
	case Good:
		return "✓"
	case Warn:
		return "?"
	case Bad:
		return "✕"
	}
	return ""
}

// Page is a report. Every string in it may come from outside.
type Page struct {
	Program string // name and version
	Made    time.Time
	Command text // what was asked, beside the files
	Files   []File
}

// File is what was found about one file.
type File struct {
	Name, SHA256 string // SHA256 in hexadecimal, "" where the file could not be read
	Size         int64
	Tone         Tone
	Verdict      text
	Demo         bool
	Problem      text // why nothing could be found out
	Next         text // what to do then
	Notes        []text
	Signatures   []Signature
}

// Signature is what was found about one of them.
type Signature struct {
	Title      text
	Tone       Tone
	Verdict    text
	Indication string // by EN 319 102-1
	Reasons    []Reason
	Rows       []Row
	Covered    []text
	Outside    []text // what it does not cover
	Changes    []Change
	Unchecked  []Unchecked
	Events     []Event
	Counter    []Signature
}

// Reason is one reason of a verdict.
type Reason struct {
	Text text
	Code string // by EN 319 102-1
}

// Row is a fact with its name.
type Row struct {
	Label, Value text
	Tone         Tone
}

// Change is something that came into the document after the signature.
type Change struct {
	What    text
	Page    string // "" where it is on none
	Shown   bool   // a reader shows more, or something else
	Allowed bool   // by the signature
}

// Unchecked is what was not looked at.
type Unchecked struct{ What, Why text }

// Write writes the page in a language.
func (p Page) Write(w io.Writer, l i18n.Lang) error {
	return page(l).Execute(w, view{p, l})
}

// view is what the template sees.
type view struct {
	Page
	Lang i18n.Lang
}

//go:embed page.html
var source string

//go:embed page.css
var style string

func page(l i18n.Lang) *template.Template {
	say := func(t text) string { return printable.Line(t.In(l)) }
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"say":      say,
		"name":     printable.Line,
		"style":    func() template.CSS { return template.CSS(style) },
		"words":    func() labels { return words },
		"moment":   func(t time.Time) string { return say(moment(t)) },
		"size":     func(n int64) string { return say(sizeText(n)) },
		"sign":     Tone.sign,
		"groups":   groups,
		"timeline": func(events []Event) timeline { return newTimeline(events, l) },
		"legend":   func(p Page) []legendEntry { return legend(p) },
		"counts":   func(p Page) string { return say(p.counts()) },
	}).Parse(source))
}

// moment writes a time in Japan's zone.
func moment(t time.Time) text {
	j := t.In(cert.JST)
	return text{JA: j.Format("2006年1月2日 15:04:05 JST"), EN: j.Format("2 Jan 2006 15:04:05 JST")}
}

// sizeText writes a number of bytes in groups of three digits.
func sizeText(n int64) text {
	s := strconv.FormatInt(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return text{JA: "%sバイト", EN: "%s bytes"}.With(s)
}

// groups cuts a fingerprint into groups of eight digits, so that two can be
// compared.
func groups(hex string) string {
	var b strings.Builder
	for i := 0; i < len(hex); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hex[i:min(i+8, len(hex))])
	}
	return b.String()
}

// counts sums up the files by tone.
func (p Page) counts() text {
	n := map[Tone]int{}
	for _, f := range p.Files {
		n[f.Tone]++
	}
	var parts []text
	for _, c := range []struct {
		tone Tone
		text text
	}{
		{Good, text{JA: "真正 %d件", EN: "genuine: %d"}}, {Bad, text{JA: "無効または署名なし %d件", EN: "not genuine, or no signature: %d"}},
		{Warn, text{JA: "判定できないか、注意が必要 %d件", EN: "undecided, or to be looked at: %d"}},
	} {
		if n[c.tone] > 0 {
			parts = append(parts, c.text.With(n[c.tone]))
		}
	}
	return i18n.Join(text{JA: "、", EN: "; "}, parts...)
}

// legendEntry explains a word that the page uses.
type legendEntry struct{ Word, Meaning text }

// legend explains what a stranger to the matter meets on this page, and no more.
func legend(p Page) (all []legendEntry) {
	tones := map[Tone]bool{}
	stamped := false
	var look func([]Signature)
	look = func(signatures []Signature) {
		for _, s := range signatures {
			tones[s.Tone] = true
			stamped = stamped || slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == Stamped })
			look(s.Counter)
		}
	}
	for _, f := range p.Files {
		look(f.Signatures)
	}
	for _, e := range []struct {
		when bool
		legendEntry
	}{
		{tones[Good], legendEntry{text{JA: "真正", EN: "Genuine"}, text{
			JA: "署名は、表示された証明書の鍵で作られ、署名された内容は変わっていません。証明書は、信頼する認証局が発行したものです。",
			EN: "The signature was made with the key of the certificate shown, and what was signed has not changed since. A CA that is trusted issued the certificate.",
		}}},
		{tones[Good], legendEntry{text{JA: "失効は未確認", EN: "Revocation not checked"}, text{
			JA: "証明書が期限前に失効していないかは調べていません。公的個人認証サービスでは、一般の人が他人の証明書の失効を調べることはできません。署名した本人に確かめてもらってください。",
			EN: "Whether the certificate was revoked before its end was not checked. For certificates of JPKI nobody offers that to the public: the signer can check it and tell you.",
		}}},
		{tones[Warn], legendEntry{text{JA: "判定できません", EN: "Cannot be decided"}, text{
			JA: "無効と分かったのではありません。決めるのに必要なことが足りません。理由の欄に、何が足りないかを示しています。",
			EN: "It was not found to be wrong: something that is needed to decide is missing. The reasons say what.",
		}}},
		{tones[Bad], legendEntry{text{JA: "無効", EN: "Not genuine"}, text{
			JA: "署名が合わないか、署名のあとで内容が変わったか、証明書がこの署名に使えないものです。この署名に頼らないでください。",
			EN: "The signature does not fit, or what was signed has changed, or the certificate is not one for it. Do not rely on it.",
		}}},
		{stamped, legendEntry{text{JA: "タイムスタンプ", EN: "Timestamp"}, text{
			JA: "署名やファイルがその日時に存在したことの、第三者(タイムスタンプ局)による証明です。申告された署名日時には、そのような証明はありません。",
			EN: "A third party's proof that the signature or file existed at that time. The time that a signer claims has no such proof.",
		}}},
	} {
		if e.when {
			all = append(all, e.legendEntry)
		}
	}
	return all
}

// labels are the fixed words of the page.
type labels struct {
	Title, Summary, File, Verdict, Size, Hash, Reasons, Facts, Covered, Outside, Changes, ChangeWhat, ChangePage, ChangeShown, ChangeAllowed,
	Yes, No, Unchecked, UncheckedWhat, UncheckedWhy, Timeline, TimelineTable, Number, Moment, What, Sure, Made, Zone, Asked, Legend, Demo,
	Notes, Indication, Code, NoPage, Keep text
}

var words = labels{
	Title:         text{JA: "電子署名の検証結果", EN: "Check of electronic signatures"},
	Summary:       text{JA: "結果の一覧", EN: "Results"},
	File:          text{JA: "ファイル", EN: "File"},
	Verdict:       text{JA: "判定", EN: "Verdict"},
	Size:          text{JA: "大きさ", EN: "Size"},
	Hash:          text{JA: "SHA-256", EN: "SHA-256"},
	Reasons:       text{JA: "理由", EN: "Reasons"},
	Facts:         text{JA: "署名と証明書", EN: "Signature and certificate"},
	Covered:       text{JA: "署名されているもの", EN: "What is signed"},
	Outside:       text{JA: "署名されていないもの", EN: "What is not signed"},
	Changes:       text{JA: "署名のあとの変更", EN: "Changes after the signature"},
	ChangeWhat:    text{JA: "変更", EN: "Change"},
	ChangePage:    text{JA: "ページ", EN: "Page"},
	ChangeShown:   text{JA: "見た目が変わるか", EN: "Changes what is shown"},
	ChangeAllowed: text{JA: "署名が許す変更か", EN: "Allowed by the signature"},
	Yes:           text{JA: "はい", EN: "yes"},
	No:            text{JA: "いいえ", EN: "no"},
	Unchecked:     text{JA: "確認していないこと", EN: "What was not checked"},
	UncheckedWhat: text{JA: "項目", EN: "Matter"},
	UncheckedWhy:  text{JA: "わけ", EN: "Why"},
	Timeline:      text{JA: "日時の流れ", EN: "Course of time"},
	TimelineTable: text{JA: "図と同じ内容の表", EN: "The same as a table"},
	Number:        text{JA: "番号", EN: "No."},
	Moment:        text{JA: "日時(日本時間)", EN: "Time (Japan)"},
	What:          text{JA: "できごと", EN: "Event"},
	Sure:          text{JA: "確かさ", EN: "Known from"},
	Made:          text{JA: "検証した日時", EN: "Checked on"},
	Zone:          text{JA: "日時はすべて日本時間です。", EN: "All times are Japan's."},
	Asked:         text{JA: "検証の条件", EN: "Checked with"},
	Legend:        text{JA: "言葉の意味", EN: "What the words mean"},
	Demo:          text{JA: "デモカードの署名を含みます。デモカードの鍵は公開されているため、何も証明しません。", EN: "With signatures of the demo card, whose keys are public: they prove nothing."},
	Notes:         text{JA: "この文書について", EN: "About this document"},
	Indication:    text{JA: "EN 319 102-1 の表示", EN: "Indication of EN 319 102-1"},
	Code:          text{JA: "EN 319 102-1 の名前", EN: "Name in EN 319 102-1"},
	NoPage:        text{JA: "—", EN: "—"},
	Keep:          text{JA: "この用紙は検証した時点の結果です。もとのファイルと一緒に保管し、SHA-256で同じファイルかどうかを確かめてください。この用紙そのものは署名されていません。", EN: "This page says what was found at the time of the check. Keep it with the files; their SHA-256 tells whether they are the same. The page itself is not signed."},
}
