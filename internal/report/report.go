// Package report writes the findings about signatures as one HTML page to
// print, file or send. The page has no script and loads nothing. All text from
// documents is escaped, so that a document cannot add markup.
//
// The page addresses a reader who does not know this program: first the verdict
// in words; then the checks that were made and those that were not; then a
// timeline, as a picture and as a table.
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

// Tone is the quality of a result. The page shows it by a sign and a colour
// next to the words, never by these alone.
type Tone string

// The tones.
const (
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
	Plain Tone = "plain"
)

// sign shows a tone without colours.
func (t Tone) sign() string {
	switch t {
	case Good:
		return "✓"
	case Warn:
		return "!"
	case Bad:
		return "✕"
	}
	return ""
}

// Page is a report. Every string in it may come from outside.
type Page struct {
	Program string // name and version
	Made    time.Time
	Command text // the command line without the files
	Files   []File
	Bare    text // names the files in the same folders and ZIPs that no signature is over
}

// File is the result for one file.
type File struct {
	Name, SHA256 string // SHA256 in hexadecimal, "" where the file could not be read
	Size         int64
	Tone         Tone
	Verdict      text
	Demo         bool
	Problem      text // why nothing could be found out
	Next         text // the next step
	Notes        []text
	Signatures   []Signature
}

// Signature is the result for one signature.
type Signature struct {
	Title      text
	Tone       Tone
	Verdict    text
	Indication string // by EN 319 102-1
	Policy     text   // under which the indication holds
	Terms      []Term // that the page explains
	Reasons    []Reason
	Rows       []Row
	Checklist  *Checklist // nil where nothing was asked for
	Covered    []text
	Outside    []text // parts that it does not cover
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
	Hex          string // the value, where it is a fingerprint
	Tone         Tone
}

// Checklist is the list of a service's requirements, each with the result for
// this signature.
type Checklist struct {
	Title, Note text
	Items       []Item
}

// Item is one line of a checklist.
type Item struct {
	What, Answer, Todo text
	Tone               Tone
}

// Change is something that came into the document after the signature.
type Change struct {
	What    text
	Page    string // "" where it is on none
	Shown   bool   // a reader shows more, or something else
	Allowed bool   // by the signature
}

// Unchecked is a check that was not made, with the reason.
type Unchecked struct{ What, Why text }

// Write writes the page in a language.
func (p Page) Write(w io.Writer, l i18n.Lang) error {
	return page(l).Execute(w, view{p, l})
}

// view is the data of the template.
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
	if strings.Trim(hex, "0123456789ABCDEFabcdef") != "" {
		return printable.Line(hex)
	}
	var b strings.Builder
	for i := 0; i < len(hex); i += 8 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(hex[i:min(i+8, len(hex))])
	}
	return b.String()
}

// counts sums up the files by tone, those of the demo card apart.
func (p Page) counts() text {
	n, demo := map[Tone]int{}, 0
	for _, f := range p.Files {
		if f.Demo && f.Tone != Bad {
			demo++
			continue
		}
		n[f.Tone]++
	}
	var parts []text
	for _, c := range []struct {
		n    int
		text text
	}{
		{n[Good], text{JA: "真正 %d件", EN: "Genuine: %d"}}, {n[Bad], text{JA: "無効、条件に不適合、署名なし、または調べられないもの %d件", EN: "Not genuine, not as asked for, no signature, or could not be checked: %d"}},
		{n[Warn], text{JA: "判定できないか、注意が必要 %d件", EN: "Undecided, or to be looked at: %d"}},
		{demo, text{JA: "デモ(何も証明しません) %d件", EN: "DEMO, which proves nothing: %d"}},
	} {
		if c.n > 0 {
			parts = append(parts, c.text.With(c.n))
		}
	}
	return i18n.Join(text{JA: "、", EN: ". "}, parts...)
}

// Term is a word of a signature's verdict that a stranger to the matter does not
// know.
type Term int

// The terms, in the order in which they are explained.
const (
	Genuine Term = iota
	RevocationUnchecked
	RevocationChecked
	MoreShown
	OtherCA
	Undecided
	Invalid
	Timestamp
	Standard
	terms
)

// legendEntry explains a word that the page uses.
type legendEntry struct{ Word, Meaning text }

var meanings = map[Term]legendEntry{
	Genuine: {text{JA: "真正", EN: "Genuine"}, text{
		JA: "署名は、表示された証明書の鍵で作られ、署名された内容は変わっていません。証明書は、信頼する認証局が発行したものです。",
		EN: "The signature was made with the key of the certificate shown, and what was signed has not changed since. A CA that is trusted issued the certificate.",
	}},
	RevocationUnchecked: {text{JA: "失効は未確認", EN: "Revocation not checked"}, text{
		JA: "証明書が期限前に失効していないかは調べていません。公的個人認証サービスでは、一般の人が他人の証明書の失効を調べることはできません。署名した本人に確かめてもらってください。",
		EN: "Whether the certificate was revoked before its end was not checked. For certificates of JPKI nobody offers that to the public: the signer can check it and tell you.",
	}},
	RevocationChecked: {text{JA: "有効", EN: "Valid"}, text{
		JA: "真正で、証明書が失効していないことも、失効情報で確かめました。",
		EN: "Genuine, and revocation information shows that the certificate was not revoked.",
	}},
	MoreShown: {text{JA: "あとから追加されたものも表示", EN: "More is shown now"}, text{
		JA: "署名された内容はそのままですが、署名のあとに追加されたものも一緒に表示されます。追加されたものに、この署名は及びません。「署名のあとの変更」を見てください。",
		EN: "What was signed is as it was, and what was added later is shown with it. The signature does not vouch for that: see the changes after the signature.",
	}},
	OtherCA: {text{JA: "--ca で指定した認証局", EN: "A CA of --ca"}, text{
		JA: "証明書は公的個人認証サービス(マイナンバーカード)のものではありません。検証した人が信頼すると指定した認証局のものです。",
		EN: "The certificate is not one of JPKI (the My Number Card), but of a CA that whoever made this check chose to trust.",
	}},
	Undecided: {text{JA: "判定できません", EN: "Cannot be decided"}, text{
		JA: "無効と分かったのではありません。決めるのに必要なことが足りません。理由の欄に、何が足りないかを示しています。",
		EN: "It was not found to be wrong: something that is needed to decide is missing. The reasons say what.",
	}},
	Invalid: {text{JA: "無効", EN: "Not genuine"}, text{
		JA: "署名が合わないか、署名のあとで内容が変わったか、証明書がこの署名に使えないものです。この署名に頼らないでください。",
		EN: "The signature does not fit, or what was signed has changed, or the certificate is not one for it. Do not rely on it.",
	}},
	Timestamp: {text{JA: "タイムスタンプ", EN: "Timestamp"}, text{
		JA: "署名やファイルがその日時に存在したことの、第三者(タイムスタンプ局)による証明です。申告された署名日時には、そのような証明はありません。",
		EN: "A third party's proof that the signature or file existed at that time. The time that a signer claims has no such proof.",
	}},
	Standard: {text{JA: "EN 319 102-1", EN: "EN 319 102-1"}, text{
		JA: "電子署名の検証のしかたを定めた、ヨーロッパの規格です。その用語を、専門家やほかのソフトのために添えています。",
		EN: "The European standard for the validation of electronic signatures. Its terms are for experts and other programs.",
	}},
}

// legend explains the terms on this page to a layperson, and no others.
func legend(p Page) (all []legendEntry) {
	var met [terms]bool
	var look func([]Signature)
	look = func(signatures []Signature) {
		for _, s := range signatures {
			met[Standard] = true
			for _, t := range s.Terms {
				met[t] = true
			}
			met[Timestamp] = met[Timestamp] || slices.ContainsFunc(s.Events, func(e Event) bool { return e.Kind == Stamped || e.Kind == Doubted })
			look(s.Counter)
		}
	}
	for _, f := range p.Files {
		look(f.Signatures)
	}
	for t := range terms {
		if met[t] {
			all = append(all, meanings[t])
		}
	}
	return all
}

// labels are the fixed words of the page.
type labels struct {
	Title, Summary, File, About, Name, Verdict, Size, Hash, Reasons, Reason, Facts, Covered, Outside, Changes, ChangeWhat, ChangePage, ChangeShown, ChangeAllowed,
	Yes, No, Unchecked, UncheckedWhat, UncheckedWhy, Timeline, TimelineTable, Number, Moment, What, Sure, Made, Zone, Asked, Legend, Demo,
	Notes, Indication, Code, NoPage, Keep, Item, Answer, Todo text
}

var words = labels{
	Title:         text{JA: "電子署名の検証結果", EN: "Electronic signature check"},
	Summary:       text{JA: "結果の一覧", EN: "Results"},
	File:          text{JA: "ファイル", EN: "File"},
	About:         text{JA: "調べたファイル", EN: "The file that was checked"},
	Name:          text{JA: "名前", EN: "Name"},
	Verdict:       text{JA: "判定", EN: "Verdict"},
	Size:          text{JA: "大きさ", EN: "Size"},
	Hash:          text{JA: "SHA-256", EN: "SHA-256"},
	Reasons:       text{JA: "判定の理由", EN: "Reasons for the verdict"},
	Reason:        text{JA: "理由", EN: "Reason"},
	Facts:         text{JA: "署名と証明書", EN: "Signature and certificate"},
	Covered:       text{JA: "署名の範囲", EN: "What the signature covers"},
	Outside:       text{JA: "署名の範囲外(この署名が及ばないもの)", EN: "What the signature does not cover"},
	Changes:       text{JA: "署名のあとの変更", EN: "Changes after the signature"},
	ChangeWhat:    text{JA: "変更", EN: "Change"},
	ChangePage:    text{JA: "ページ", EN: "Page"},
	ChangeShown:   text{JA: "見た目が変わるか", EN: "Changes what is shown"},
	ChangeAllowed: text{JA: "署名が許す変更か", EN: "Allowed by the signature"},
	Yes:           text{JA: "はい", EN: "yes"},
	No:            text{JA: "いいえ", EN: "no"},
	Unchecked:     text{JA: "確認していないこと", EN: "What was not checked"},
	UncheckedWhat: text{JA: "項目", EN: "Item"},
	UncheckedWhy:  text{JA: "確認していない理由", EN: "Why not"},
	Timeline:      text{JA: "時系列", EN: "Timeline"},
	TimelineTable: text{JA: "時系列の表(番号は図と同じ)", EN: "The timeline as a table (same numbers)"},
	Number:        text{JA: "番号", EN: "No."},
	Moment:        text{JA: "日時", EN: "Time"},
	What:          text{JA: "イベント", EN: "Event"},
	Sure:          text{JA: "何で分かるか", EN: "Known from"},
	Made:          text{JA: "検証した日時", EN: "Checked on"},
	Zone:          text{JA: "日時はすべて日本時間(JST)です。", EN: "All times are Japan Standard Time (JST)."},
	Asked:         text{JA: "検証の条件", EN: "Checked with"},
	Legend:        text{JA: "言葉の意味", EN: "What the words mean"},
	Demo:          text{JA: "このページには、デモカードによる署名があります。デモカードの鍵は公開されていて誰でも使えるため、その署名は何も証明しません。", EN: "Some of these signatures are the demo card's. Its keys are public and anybody can use them, so these signatures prove nothing."},
	Notes:         text{JA: "この文書について", EN: "About this document"},
	Indication:    text{JA: "EN 319 102-1 による判定", EN: "Verdict in the terms of EN 319 102-1"},
	Code:          text{JA: "EN 319 102-1 の用語", EN: "Term of EN 319 102-1"},
	NoPage:        text{JA: "—", EN: "—"},
	Keep:          text{JA: "このページは、検証した時点の結果です。元のファイルと一緒に保管してください。ファイルが同じかどうかは、SHA-256の値で確かめられます。このページそのものは署名されていません。", EN: "This page says what was found at the time of the check. Keep it with the files; their SHA-256 tells whether they are the same. The page itself is not signed."},
	Item:          text{JA: "項目", EN: "Item"},
	Answer:        text{JA: "結果", EN: "Result"},
	Todo:          text{JA: "すること", EN: "What to do"},
}
