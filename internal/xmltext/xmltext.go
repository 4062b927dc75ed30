// Package xmltext describes the findings of package xmlsig in both languages:
// the form of a document, the parts that a signature covers and leaves out, and
// the reasons not to sign a document.
package xmltext

import (
	"slices"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// text is a sentence, or a part of one, in both languages.
type text = i18n.Text

// comma joins a list.
var comma = text{JA: "、", EN: ", "}

// forms are the names of the forms.
var forms = map[xmlsig.Profile]text{
	xmlsig.ProfileEGov:           {JA: "e-Govの構成管理情報", EN: "a kousei.xml of e-Gov"},
	xmlsig.ProfileETax:           {JA: "e-Taxの申告等データ", EN: "an e-Tax document"},
	xmlsig.ProfileTaxCertificate: {JA: "申告に添える証明書(控除証明書、源泉徴収票など)", EN: "a certificate for the tax return"},
	xmlsig.ProfileOfficial:       {JA: "e-Govの公文書", EN: "an official document of e-Gov"},
}

// Form is the name of a form, zero for none.
func Form(p xmlsig.Profile) text { return forms[p] }

// Covers describes the references of a signature, one text each. In a document
// of a known form it uses the names that readers of the form know.
func Covers(r xmlsig.Result) (all []text) {
	if len(r.References) == 0 {
		return nil
	}
	known := r.Profile != xmlsig.ProfileNone
	whole := r.Whole && !known && slices.ContainsFunc(r.References, func(ref *xmlsig.Reference) bool {
		t := ref.Item().Target
		return t == xmlsig.TargetDocument || t == xmlsig.TargetElement // else it is a signature over files, and no document
	})
	if whole {
		all = append(all, text{JA: "文書の全体", EN: "the whole document"})
	}
	for _, ref := range r.References {
		switch item := ref.Item(); {
		case item.Target == xmlsig.TargetElement && whole, item.Target == xmlsig.TargetProperties:
		case item.Target == xmlsig.TargetDocument && whole:
		case known:
			all = append(all, FormItem(item))
		default:
			all = append(all, Item(item))
		}
	}
	return all
}

// FormItem names a signed part of a document of a known form by its element,
// because readers of the form know the elements by name.
func FormItem(i xmlsig.Item) text {
	if i.Target == xmlsig.TargetElement {
		return i18n.Same("%s").With(i.Name)
	}
	return Item(i)
}

// Item names a signed part.
func Item(i xmlsig.Item) text {
	switch i.Target {
	case xmlsig.TargetDocument:
		return text{JA: "文書の全体", EN: "the whole document"}
	case xmlsig.TargetElement:
		return text{JA: "要素%s", EN: "the element %s"}.With(i.Name)
	case xmlsig.TargetFile:
		return text{JA: "ファイル「%s」", EN: "the file %s"}.With(i.Name)
	case xmlsig.TargetProperties:
		return text{JA: "署名の属性", EN: "the properties of the signature"}
	}
	return text{JA: "参照「%s」", EN: "the reference %q"}.With(i.Name)
}

// Outside describes the parts that signatures leave out by the form of the
// document, one row of a report for each group.
func Outside(all []xmlsig.Outside) (rows []text) {
	groups := map[xmlsig.OutsideKind][]text{}
	var order []xmlsig.OutsideKind
	for _, o := range all {
		if !o.Permitted {
			continue
		}
		if groups[o.Kind] == nil {
			order = append(order, o.Kind)
		}
		groups[o.Kind] = append(groups[o.Kind], leftOut(o))
	}
	for _, kind := range order {
		row := i18n.Join(comma, groups[kind]...)
		if about, ok := outsideKinds[kind]; ok {
			row = about.With(row)
		}
		rows = append(rows, row)
	}
	return rows
}

// outsideKinds give the meaning of each kind of unsigned part.
var outsideKinds = map[xmlsig.OutsideKind]text{
	xmlsig.OutsideStyleSheet: {JA: "%s(ブラウザーでの表示のしかたを決めるもの)", EN: "%s (it decides how a browser shows the document)"},
	xmlsig.OutsideAttachment: {JA: "%sの内容(名前は署名されています)", EN: "the contents of %s (their names are signed)"},
}

// leftOut names a part of the document that a signature leaves out.
func leftOut(o xmlsig.Outside) text {
	switch o.Kind {
	case xmlsig.OutsideStyleSheet:
		return text{JA: "スタイルシート「%s」", EN: "the style sheet %q"}.With(o.Text)
	case xmlsig.OutsideInstruction:
		return text{JA: "処理命令「%s」", EN: "the processing instruction %q"}.With(o.Name)
	case xmlsig.OutsideHead, xmlsig.OutsideOther, xmlsig.OutsideFront:
		if o.Text == "" {
			return i18n.Same("%s").With(o.Name)
		}
		return text{JA: "%s「%s」", EN: "%s (%s)"}.With(o.Name, o.Text)
	case xmlsig.OutsideAttachment, xmlsig.OutsideForm:
		return text{JA: "「%s」", EN: "%s"}.With(o.Name)
	case xmlsig.OutsideComments:
		return text{JA: "コメント(%s個)", EN: "comments (%s)"}.With(o.Text)
	case xmlsig.OutsideElement:
		return text{JA: "要素%s", EN: "the element %s"}.With(o.Name)
	case xmlsig.OutsideText:
		return text{JA: "要素%sの中の文字", EN: "text in %s"}.With(o.Name)
	case xmlsig.OutsideRest:
		return text{JA: "文書の残り", EN: "the rest of the document"}
	case xmlsig.OutsideObject:
		return text{JA: "署名の中の%s", EN: "%s in the signature"}.With(o.Name)
	case xmlsig.OutsidePlace:
		return text{JA: "署名の置き場所", EN: "the place of the signature"}
	case xmlsig.OutsideNothing:
		return text{JA: "署名そのもの以外のすべて", EN: "everything but the signature itself"}
	}
	return text{JA: "ほかの部分", EN: "more of the document"}
}
