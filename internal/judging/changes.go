package judging

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// changeTexts name what was added to a PDF after it was signed.
var changeTexts = map[pdfsig.ChangeKind]text{
	pdfsig.ChangeTimestamp:      {JA: "文書のタイムスタンプが加えられました", EN: "a document timestamp was added"},
	pdfsig.ChangeValidationData: {JA: "検証用の情報が加えられました", EN: "validation data was added"},
	pdfsig.ChangeSignature:      {JA: "別の署名が加えられました", EN: "another signature was added"},
	pdfsig.ChangeSignatureShown: {JA: "紙面に表示される署名が加えられました", EN: "a signature that shows on the page was added"},
	pdfsig.ChangeForm:           {JA: "フォームに記入されました", EN: "form fields were filled in"},
	pdfsig.ChangeAnnotation:     {JA: "注釈が加えられたか、変えられました", EN: "annotations were added or changed"},
	pdfsig.ChangeMetadata:       {JA: "文書についての情報(更新日時など)が変えられました", EN: "information about the document, such as its date, was changed"},
	pdfsig.ChangeContent:        {JA: "内容が変えられました", EN: "content was changed"},
}

// aboutTexts name what a kind does not tell.
var aboutTexts = map[pdfsig.ChangeAbout]text{
	pdfsig.AboutStructure:  {JA: "読み上げに使う文書の構造が変えられました", EN: "the structure used for reading aloud was changed"},
	pdfsig.AboutNothing:    {JA: "どこにも表示されないデータが加えられました", EN: "data that shows nowhere was added"},
	pdfsig.AboutEmptyField: {JA: "まだ署名のない署名欄が加えられました", EN: "an empty signature field was added"},
	pdfsig.AboutOrder:      {JA: "注釈の重なる順序が変えられました", EN: "the order of annotations was changed"},
}

// laterText says what was added after a signature of a PDF.
func laterText(s pdfsig.Signature) text {
	if _, undecided := errors.AsType[*pdfsig.UpdateError](s.Err()); undecided {
		return text{JA: "何が加えられたかは判定できません", EN: "what was added cannot be told"}
	}
	var all []text
	for _, c := range groupChanges(s.Changes) {
		all = append(all, changeText(c))
	}
	return i18n.Join(text{JA: "。", EN: "; "}, all...)
}

// groupChanges puts changes together that are told in the same words.
func groupChanges(all pdfsig.Changes) (groups []pdfsig.Change) {
	for _, c := range all {
		i := slices.IndexFunc(groups, func(g pdfsig.Change) bool { return g.Kind == c.Kind && g.About == c.About })
		if i < 0 {
			groups = append(groups, c)
			continue
		}
		pages := slices.Concat(groups[i].Pages, c.Pages)
		slices.Sort(pages)
		groups[i].Pages = slices.Compact(pages)
	}
	return groups
}

func changeText(c pdfsig.Change) text {
	what, ok := aboutTexts[c.About]
	if !ok {
		what = changeTexts[c.Kind]
	}
	switch pages := pageList(c.Pages); {
	case len(c.Pages) == 0:
		return what
	case len(c.Pages) == 1:
		return text{JA: "%s(%sページ)", EN: "%s (page %s)"}.With(what, pages)
	default:
		return text{JA: "%s(%sページ)", EN: "%s (pages %s)"}.With(what, pages)
	}
}

// maxPages is how many pages are named one by one.
const maxPages = 8

func pageList(pages []int) string {
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
