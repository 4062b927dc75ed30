package xmltext

import (
	"errors"
	"io/fs"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// Reason returns the named reason against a signature: a file or an element. ok
// is false for all other errors.
func Reason(err error) (reason text, ok bool) {
	if twins, ok := errors.AsType[*companion.AmbiguousError](err); ok {
		return text{JA: "「%s」という名前のファイルがいくつもあり(文字の表し方だけが違います)、どれか決められません", EN: "several files are called %q (they differ in how its characters are written only): which one is meant cannot be told"}.With(twins.Name), true
	}
	if missing, ok := errors.AsType[*xmlsig.MissingFileError](err); ok {
		if errors.Is(missing.Err, fs.ErrNotExist) {
			return text{JA: "署名が指すファイル「%s」がありません(別の場所にあれば --content か --content-dir で指定)", EN: "the file %s, which it is over, is not there (--content or --content-dir, if it is elsewhere)"}.With(missing.Name), true
		}
		return text{JA: "署名が指すファイル%sを読めません", EN: "the file %s, which it is over, cannot be read"}.With(missing.Name), true
	}
	if away, ok := errors.AsType[*xmlsig.NotFetchedError](err); ok {
		return text{JA: "署名が指す「%s」は、署名のあるフォルダーの外なので開きません", EN: "it is over %q, which is not in the folder of the signature and is not opened"}.With(away.URI), true
	}
	if changed, ok := errors.AsType[*xmlsig.ChangedError](err); ok && changed.Item.Target != xmlsig.TargetDocument {
		return text{JA: "%sの内容が、署名されたものと違います", EN: "%s is not what was signed"}.With(Item(changed.Item)), true
	}
	if unsigned, ok := errors.AsType[*xmlsig.UnsignedError](err); ok {
		return notSigned(unsigned.Outside), true
	}
	return text{}, false
}

// notSigned says that something is left out that must not be.
func notSigned(o xmlsig.Outside) text {
	switch o.Kind {
	case xmlsig.OutsideRest:
		return text{JA: "文書の一部しか署名されていません。残りは誰でも変えられます", EN: "only a part of the document is signed; anybody can change the rest"}
	case xmlsig.OutsideForm:
		return text{JA: "申請書「%s」が署名されていません", EN: "the form %s, which the application names, is not signed"}.With(o.Name)
	case xmlsig.OutsideHead:
		return text{JA: "%sが、様式IDやスタイルシートの名前と合いません", EN: "%s does not go with the number of the form and the name of its style sheet"}.With(leftOut(o))
	case xmlsig.OutsideStyleSheet:
		return text{JA: "%sは、署名されておらず、この様式のものでもありません", EN: "%s is not signed, and not one of this form"}.With(leftOut(o))
	case xmlsig.OutsideFront:
		return text{JA: "署名されていない%sに、この様式にないものがあります", EN: "%s, which is not signed, holds what the form does not have there"}.With(o.Name)
	case xmlsig.OutsidePlace:
		return text{JA: "署名が、この様式で署名を置く場所にありません", EN: "the signature does not stand where the form has it"}
	case xmlsig.OutsideNothing:
		return text{JA: "署名そのもののほかには、何も署名されていません", EN: "nothing is signed but the signature itself"}
	}
	return text{JA: "%sが署名されていません", EN: "%s is not signed"}.With(leftOut(o))
}

// Refusal explains why a document is not signed in a form; nil for another
// error.
func Refusal(err error) *problem.Problem {
	if missing, ok := errors.AsType[*xmlsig.MissingFileError](err); ok {
		return unreadable(missing).Because(err)
	}
	e, ok := errors.AsType[*xmlsig.ProfileError](err)
	if !ok {
		return nil
	}
	names := make([]text, 0, len(e.Names))
	for _, n := range e.Names {
		names = append(names, i18n.Same("%s").With(n))
	}
	list := i18n.Join(comma, names...)
	r := refusals[e.Reason]
	what, next := r.what, r.next
	switch e.Reason {
	case xmlsig.OtherOption:
		what = what.With(options[e.Names[0]], Form(e.Profile))
	case xmlsig.FormStructure:
		var parts []text
		for _, o := range e.Outside {
			parts = append(parts, notSigned(o))
		}
		what = what.With(Form(e.Profile), i18n.Join(text{JA: "。", EN: "; "}, parts...))
	case xmlsig.NothingForHolders:
		what = what.With(Form(e.Profile))
	default:
		what = what.With(list)
	}
	return problem.New(problem.Input, what, next).Because(err)
}

// unreadable explains a file that is there, and cannot be signed along.
func unreadable(e *xmlsig.MissingFileError) *problem.Problem {
	if twins, ok := errors.AsType[*companion.AmbiguousError](e.Err); ok {
		return problem.New(problem.Input,
			text{JA: "「%s」という名前のファイルがいくつもあります(文字の表し方だけが違います)。どれに署名するか決められません。", EN: "Several files are called %q (they differ in how its characters are written only): which one to sign cannot be told."}.With(twins.Name),
			text{JA: "1つだけ残してください。", EN: "Leave one of them only."})
	}
	return problem.New(problem.Input,
		text{JA: "一緒に署名するファイル「%s」を読めません。", EN: "The file %s, which is to be signed along, cannot be read."}.With(e.Name),
		text{JA: "ふつうのファイルで、読める権限があるか確かめてください。", EN: "See whether it is a plain file that you may read."})
}

// options are the settings that a form fixes, with their names for people.
var options = map[string]text{
	"XAdES": {JA: "--format xades", EN: "--format xades"},
	"Form":  {JA: "--form", EN: "--form"},
	"IDs":   {JA: "--id", EN: "--id"},
	"Files": {JA: "--with", EN: "--with"},
	"C14N":  {JA: "別の正規化", EN: "another canonicalisation"},
	"Hash":  {JA: "--digest", EN: "--digest"},
}

// refusals explain each reason. The field what takes the names.
var refusals = map[xmlsig.ProfileReason]struct{ what, next text }{
	xmlsig.NotThisForm: {
		text{JA: "文書の形が --profile の様式に合いません。%s", EN: "The document has not the shape that --profile asks for.%s"},
		text{JA: "--profile を省くか、文書を確かめてください。様式は jpki help formats で説明しています。", EN: "Leave out --profile, or check the document. jpki help formats describes the shapes."},
	},
	xmlsig.NothingForHolders: {
		text{JA: "これは%sです。発行した側が署名するもので、受け取った人が署名するところはありません。", EN: "This is %s. Its issuer signs it: whoever has it has nothing to sign."},
		text{JA: "署名は jpki verify で確かめられます。それでも署名を付けるなら --format cms(分離署名)です。", EN: "jpki verify checks its signature. To sign it all the same, use --format cms for a detached signature."},
	},
	xmlsig.OtherOption: {
		text{JA: "%sは、%sには使えません。署名の形は様式が決めています。", EN: "%s is not for %s: the form decides how it is signed."},
		text{JA: "その指定を省いてください。様式と関係のない署名にするなら --form も指定します。", EN: "Leave it out. For a signature that has nothing to do with the form, give --form too."},
	},
	xmlsig.FormStructure: {
		text{JA: "%sとしては署名できません。%s。", EN: "It cannot be signed as %s: %s."},
		text{JA: "文書を作ったソフトで作り直してください。", EN: "Make the document anew with the program that made it."},
	},
	xmlsig.NoProcedure: {
		text{JA: "DATAの中に、署名する手続の要素がありません。%s", EN: "There is no procedure element in DATA to sign.%s"},
		text{JA: "e-Taxソフトなどで作ったファイルか確かめてください。", EN: "See whether the file was made with e-Tax software."},
	},
	xmlsig.SeveralProcedures: {
		text{JA: "DATAの中に手続の要素がいくつもあります(%s)。どれに署名するものか分かっていないため、署名しません。", EN: "There are several procedure elements in DATA (%s). Which of them is to be signed is not known, so none is."},
		text{JA: "手続ごとのファイルに分けてください。", EN: "Make a file for each procedure."},
	},
	xmlsig.NoProcedureID: {
		text{JA: "手続の要素%sにidがないため、署名で指せません。", EN: "The procedure element %s has no id by which a signature could refer to it."},
		text{JA: "e-Taxソフトなどで作り直してください。", EN: "Make the file anew with e-Tax software."},
	},
	xmlsig.NoForms: {
		text{JA: "構成情報に、署名する申請書のファイル名がありません。%s", EN: "The application names no form to sign.%s"},
		text{JA: "申請書ファイル名称を埋めてから署名してください。構成情報だけへの署名は、e-Govで使えないとされています。", EN: "Fill in the file name of its form first. A signature over kousei.xml alone is said to be of no use at e-Gov."},
	},
	xmlsig.SignedPartByPart: {
		text{JA: "これは個別署名形式の構成管理情報で、それ自体には署名しません。署名するのは%sです。", EN: "This kousei.xml is not signed itself: in an application of its kind each part is, here %s."},
		text{JA: "それらのファイルを jpki sign に渡してください。", EN: "Give those files to jpki sign."},
	},
	xmlsig.UnsafeName: {
		text{JA: "ファイル名「%s」は、署名の中に間違いなく書けません(空白、%%、#、?、/、\\ を含むもの)。", EN: "The file name %q cannot be said safely in a signature (it has a space, %%, #, ?, / or \\)."},
		text{JA: "ファイルの名前と構成情報の申請書ファイル名称を変えてから、署名してください。", EN: "Give the file another name, in kousei.xml too, then sign."},
	},
	xmlsig.MissingFile: {
		text{JA: "一緒に署名するファイルがありません: %s", EN: "Files to be signed along are missing: %s"},
		text{JA: "構成管理情報と同じフォルダーに置いてください。", EN: "Put them into the folder of kousei.xml."},
	},
}

// Notes returns facts that the signer should know before signing, one sentence
// each.
func Notes(name string, p *xmlsig.Prepared) (notes []text) {
	if len(p.MissingAttachments) > 0 {
		var names []text
		for _, n := range p.MissingAttachments {
			names = append(names, i18n.Same("%s").With(n))
		}
		notes = append(notes, text{
			JA: "「%[1]s」に載っている添付書類が、同じフォルダーにありません: %[2]s。署名には関係しませんが、申請には必要です。",
			EN: "Attachments that %[1]s lists are not in its folder: %[2]s. The signature does not need them, the application does.",
		}.With(name, i18n.Join(comma, names...)))
	}
	if p.Comments > 0 {
		notes = append(notes, text{JA: "「%s」のコメント(%d個)には署名されません。", EN: "The comments in %s (%d) will not be signed."}.With(name, p.Comments))
	}
	for _, n := range p.InvalidNamespaces {
		notes = append(notes, text{
			JA: "「%s」の名前空間「%s」はURIとして正しくありません。libxml2を使うソフト(xmlsec1など)では、署名を確かめられません。",
			EN: "%s has the namespace %q, which is no valid URI: programs on libxml2 (xmlsec1 and others) cannot check the signature.",
		}.With(name, n))
	}
	return notes
}
