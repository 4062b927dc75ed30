package judging

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// changeTexts name the changes to a PDF after it was signed.
var changeTexts = map[pdfsig.ChangeKind]text{
	pdfsig.ChangeTimestamp:      {JA: "文書のタイムスタンプが追加されました", EN: "a document timestamp was added"},
	pdfsig.ChangeValidationData: {JA: "検証用の情報が追加されました", EN: "validation data was added"},
	pdfsig.ChangeSignature:      {JA: "別の署名が追加されました", EN: "another signature was added"},
	pdfsig.ChangeSignatureShown: {JA: "紙面に表示される署名が追加されました", EN: "a signature that shows on the page was added"},
	pdfsig.ChangeForm:           {JA: "フォームに記入されました", EN: "form fields were filled in"},
	pdfsig.ChangeAnnotation:     {JA: "注釈が追加されたか、変えられました", EN: "annotations were added or changed"},
	pdfsig.ChangeMetadata:       {JA: "文書についての情報(更新日時など)が変えられました", EN: "information about the document, such as its date, was changed"},
	pdfsig.ChangeContent:        {JA: "内容が変えられました", EN: "content was changed"},
}

// aboutTexts name changes that need more than their kind.
var aboutTexts = map[pdfsig.ChangeAbout]text{
	pdfsig.AboutStructure:  {JA: "読み上げに使う文書の構造が変えられました", EN: "the structure used for reading aloud was changed"},
	pdfsig.AboutNothing:    {JA: "どこにも表示されないデータが追加されました", EN: "data that shows nowhere was added"},
	pdfsig.AboutEmptyField: {JA: "まだ署名のない署名欄が追加されました", EN: "an empty signature field was added"},
	pdfsig.AboutSettings:   {JA: "フォームの設定(それだけでは何も表示しないもの)が変えられました", EN: "settings of the form that show nothing by themselves were changed"},
	pdfsig.AboutOrder:      {JA: "注釈の重なる順序が変えられました", EN: "the order of annotations was changed"},
}

// laterText describes the changes after a signature of a PDF.
func laterText(s pdfsig.Signature) text {
	_, undecided := errors.AsType[*pdfsig.UpdateError](s.Err())
	var all []text
	for _, c := range GroupChanges(s.Changes) {
		if !undecided || c.Kind == pdfsig.ChangeContent {
			all = append(all, ChangeText(c))
		}
	}
	if undecided && len(all) == 0 {
		return text{JA: "何が追加されたかは判定できません", EN: "what was added cannot be told"}
	}
	return i18n.Join(text{JA: "。", EN: "; "}, all...)
}

// GroupChanges groups changes with the same description.
func GroupChanges(all pdfsig.Changes) (groups []pdfsig.Change) {
	for _, c := range all {
		i := slices.IndexFunc(groups, func(g pdfsig.Change) bool { return g.Kind == c.Kind && g.About == c.About })
		if i < 0 {
			groups = append(groups, c)
			continue
		}
		if c.Kind == pdfsig.ChangeContent {
			continue // the first one gives the place
		}
		pages := slices.Concat(groups[i].Pages, c.Pages)
		slices.Sort(pages)
		groups[i].Pages = slices.Compact(pages)
	}
	return groups
}

// ChangeText names a change, and its place.
func ChangeText(c pdfsig.Change) text {
	what, ok := aboutTexts[c.About]
	if !ok {
		what = changeTexts[c.Kind]
	}
	var where []text
	switch pages := PageList(c.Pages); {
	case len(c.Pages) == 1:
		where = append(where, text{JA: "%sページ", EN: "page %s"}.With(pages))
	case len(c.Pages) > 1:
		where = append(where, text{JA: "%sページ", EN: "pages %s"}.With(pages))
	}
	if c.Kind == pdfsig.ChangeContent {
		if c.Field != "" {
			where = append(where, text{JA: "フォームの欄「%s」", EN: "the form field %q"}.With(printable.Line(c.Field)))
		}
		if c.Object > 0 {
			where = append(where, text{JA: "オブジェクト%d", EN: "object %d"}.With(c.Object))
		}
		if c.Key != "" {
			where = append(where, i18n.Same("/"+printable.Line(c.Key)))
		}
	}
	if len(where) == 0 {
		return what
	}
	return text{JA: "%s(%s)", EN: "%s (%s)"}.With(what, i18n.Join(text{JA: "、", EN: ", "}, where...))
}

// maxPages is how many pages are named one by one.
const maxPages = 8

// PageList lists pages by their numbers. Of many pages it lists the first ones.
func PageList(pages []int) string {
	var all []string
	for i, n := range pages {
		if i == maxPages {
			all = append(all, "...")
			break
		}
		all = append(all, strconv.Itoa(n))
	}
	return strings.Join(all, ", ")
}

// showsMore reports whether a signature that is genuine stands in a file that
// shows more than it did when it was signed: where the only thing that came is a
// signature that shows, this must be genuine itself.
func (v FileVerdict) showsMore(s SignatureVerdict) bool {
	return slices.ContainsFunc(s.Changes, func(c pdfsig.Change) bool {
		return c.Shown && !(c.Kind == pdfsig.ChangeSignatureShown && v.genuine(printable.Line(c.Field)))
	})
}

// alteredLater reports whether anything but timestamps and validation data was
// added after a person's signature. It is false if that cannot be determined.
func (s SignatureVerdict) alteredLater() bool {
	undecided := slices.ContainsFunc(s.reasons, func(r trust.Reason) bool {
		_, is := errors.AsType[*pdfsig.UpdateError](r.Err)
		return is
	})
	return s.Changed && !undecided && s.Role != RoleTimestamp
}

// genuine reports whether the signature of a field is.
func (v FileVerdict) genuine(field string) bool {
	return slices.ContainsFunc(v.Signatures, func(s SignatureVerdict) bool {
		return s.Where == field && (s.status() == trust.Valid || s.status() == trust.ValidRevocationUnchecked)
	})
}

// ruleTexts name the part of an addition to a PDF that is not exact.
var ruleTexts = map[string]text{
	"bytes":         {JA: "どこにも属さないデータがあります", EN: "there is data that belongs nowhere"},
	"offset":        {JA: "相互参照表が、ものの位置を正しく示していません", EN: "a cross-reference does not point to where its object begins"},
	"outside":       {JA: "相互参照表が、前からあるデータを別のものとして指しています", EN: "a cross-reference makes something else of data that was there before"},
	"twice":         {JA: "同じものが2つあります", EN: "something is there twice"},
	"section":       {JA: "相互参照表が正確ではありません", EN: "the cross-references are not exact"},
	"prev":          {JA: "前の相互参照表を正しく指していません(/Prev)", EN: "Prev does not point to the cross-references before"},
	"size":          {JA: "オブジェクトの数が合いません(/Size)", EN: "Size does not count all objects"},
	"hybrid":        {JA: "2つある相互参照表が食い違っています", EN: "two cross-references disagree"},
	"startxref":     {JA: "相互参照表の位置を正しく示していません(startxref)", EN: "startxref does not point exactly to the cross-references"},
	"end":           {JA: "ファイルの終わりの1,024バイトに startxref がありません", EN: "startxref is not in the last 1,024 bytes of the file"},
	"length":        {JA: "データの長さが合いません(/Length)", EN: "a stream does not end where its Length says"},
	"object-stream": {JA: "まとめて圧縮されたものの中に、どこからも指されていないものがあります", EN: "an object stream holds objects that no cross-reference names"},
	"hidden":        {JA: "壊れたPDFを直して読むプログラムだけが見つけるものが隠れています", EN: "something is hidden that only programs find that repair a PDF"},
	"generation":    {JA: "参照の世代番号が、指す先と合いません", EN: "a reference has another generation than its object"},
	"linearized":    {JA: "ファイルの長さによって、別の場所から読まれます", EN: "the file is read from another place according to its length"},
	"pages":         {JA: "ページの構成が正確ではありません", EN: "the pages are not written exactly"},
	"drawn":         {JA: "表示されるものの書き方が正確ではありません", EN: "something that is shown is not written exactly"},
	"unreadable":    {JA: "読めないところがあります", EN: "a part of it cannot be read"},
}

// inexactText is the reason why changes after a signature are not judged, with
// its place.
func inexactText(e *pdfsig.UpdateError) text {
	what, ok := ruleTexts[e.Rule]
	if !ok {
		what = ruleTexts["unreadable"]
	}
	if d, ok := errors.AsType[*pdfsig.DamagedError](e.Err); ok && d.Fault == pdfsig.FaultTooLarge {
		what = text{JA: "複雑すぎて調べきれません", EN: "it is too complex to be looked through"}
	}
	where := []text{what}
	if e.Object > 0 {
		where = append(where, text{JA: "オブジェクト%d", EN: "object %d"}.With(e.Object))
	}
	if e.Offset >= 0 {
		where = append(where, text{JA: "先頭から%dバイト", EN: "byte %d"}.With(e.Offset))
	}
	if e.Signed {
		return text{
			JA: "プログラムによって読み方が違うPDFで、別の内容が表示されるおそれがあります(%s)",
			EN: "programs read this PDF differently, and may show different things (%s)",
		}.With(i18n.Join(text{JA: "、", EN: ", "}, where...))
	}
	return text{
		JA: "署名のあとに何が追加されたか判定できません。作りが正確でなく、プログラムによって違うものが表示されるおそれがあります(%s)",
		EN: "what was added after signing cannot be told: its structure is not exact, so that programs may show different things (%s)",
	}.With(i18n.Join(text{JA: "、", EN: ", "}, where...))
}
