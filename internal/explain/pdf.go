package explain

import (
	"errors"

	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// makeNewPDF tells how to make a PDF that every program reads alike.
var makeNewPDF = text{
	JA: "PDFを表示するソフトで開き、印刷の「PDFに保存」などで新しいPDFにしてから署名してください(前の署名は引き継がれません)。コマンドなら qpdf 元.pdf 新.pdf",
	EN: "Open it in a PDF program and print or save it as a new PDF, then sign that (earlier signatures do not come along). On the command line: qpdf in.pdf out.pdf",
}

// explainPDF explains an unreadable PDF to a person who wants to sign it.
func explainPDF(err error) *problem.Problem {
	if errors.Is(err, pdfsig.ErrTooManySignatures) {
		return problem.New(problem.Input,
			text{JA: "PDFに署名が100を超えてあり、調べきれません。", EN: "The PDF has more than 100 signatures, more than are looked at."},
			text{JA: "署名がまだ少ないときのPDFに署名するか、--format cms で別のファイルの署名にしてください。", EN: "Sign the PDF as it was with fewer signatures, or use --format cms for a signature in a file of its own."})
	}
	if tooComplex(err) {
		return problem.New(problem.Input,
			text{JA: "PDFが複雑すぎるため、調べるのを途中でやめました。", EN: "The PDF is too complex: looking through it was given up."}, makeNewPDF)
	}
	if earlier, ok := errors.AsType[*pdfsig.EarlierError](err); ok {
		return explainEarlier(earlier)
	}
	if hidden, ok := errors.AsType[*pdfsig.UpdateError](err); ok {
		return problem.New(problem.Input,
			text{JA: "PDFを読むプログラムによって、別の内容になるおそれがあります: %s。", EN: "Programs may find another document in this PDF: %s."}.With(hiddenText(hidden)), makeNewPDF)
	}
	d, ok := errors.AsType[*pdfsig.DamagedError](err)
	if !ok {
		return nil
	}
	if d.Fault == pdfsig.FaultEnd {
		return problem.New(problem.Input,
			text{JA: "PDFの終わりが欠けています(startxref と %%EOF)。", EN: "The end of the PDF is missing (startxref and %%EOF)."},
			text{JA: "途中で切れていないか確かめ、元のファイルをもう一度受け取るか、作り直してください。", EN: "See whether it was cut off: get the original file again, or make it anew."})
	}
	return problem.New(problem.Input,
		text{JA: "PDFを読むプログラムによって、内容の読み方が変わるおそれがあります: %s。", EN: "Programs may read this PDF differently: %s."}.With(faultText(d)), makeNewPDF)
}

// tooComplex reports whether a PDF has cost all the work that it may.
func tooComplex(err error) bool {
	d, ok := errors.AsType[*pdfsig.DamagedError](err)
	return ok && d.Fault == pdfsig.FaultTooLarge
}

// explainEarlier explains why a new signature would damage an earlier one.
func explainEarlier(e *pdfsig.EarlierError) *problem.Problem {
	hidden, undecided := errors.AsType[*pdfsig.UpdateError](e.Err)
	switch {
	case e.Already && undecided && hidden.Signed:
		return problem.New(problem.Input,
			text{
				JA: "前の署名(欄「%s」)をしたときから、プログラムによって別の内容になるおそれがあるPDFです: %s。",
				EN: "Programs may find another document in this PDF, and could when the earlier signature (field %q) was made: %s.",
			}.With(e.Field, hiddenText(hidden)),
			text{JA: "前の署名をする前のPDFを、PDFを表示するソフトで新しく保存し、全員がそれに署名してください。", EN: "Save the PDF anew in a PDF program as it was before that signature, and have everybody sign that."})
	case e.Already && undecided:
		return problem.New(problem.Input,
			text{
				JA: "前の署名(欄「%s」)のあとで追加されたものが判定できないため、このPDFには署名できません: %s。",
				EN: "What was added after the earlier signature (field %q) cannot be told, so the PDF is not signed: %s.",
			}.With(e.Field, hiddenText(hidden)),
			text{JA: "前の署名をした人から、その署名をしたときのPDFをもらって、それに署名してください。", EN: "Get the PDF as it was when that was signed, from whoever signed it, and sign that."})
	case undecided:
		return problem.New(problem.Input,
			text{
				JA: "署名を追加すると、前の署名(欄「%s」)が判定できなくなります: %s。",
				EN: "With another signature, the earlier one (field %q) could not be judged any more: %s.",
			}.With(e.Field, hiddenText(hidden)),
			text{JA: "前の署名をする前のPDFを、PDFを表示するソフトで新しく保存し、全員がそれに署名してください。", EN: "Save the PDF anew in a PDF program as it was before that signature, and have everybody sign that."})
	}
	return problem.New(problem.Input,
		text{JA: "署名を追加すると、前の署名(欄「%s」)が無効になります。", EN: "Another signature would make the earlier one (field %q) invalid."}.With(e.Field),
		text{JA: "--visible を付けているときは外してください。空の署名欄があれば --field で指定できます。", EN: "Leave out --visible if you gave it. If there is an empty signature field, name that with --field."})
}

// hiddenText names the part of a PDF that programs read differently.
func hiddenText(e *pdfsig.UpdateError) text {
	what := text{JA: "構造が正確ではありません", EN: "its structure is not exact"}
	switch e.Rule {
	case "hidden":
		what = text{JA: "直して読むプログラムだけが見つけるものが隠れています", EN: "something is hidden that only programs find that repair a PDF"}
	case "pages":
		what = text{JA: "ページの構成が正確ではありません", EN: "its pages are not written exactly"}
	case "drawn":
		what = text{JA: "表示されるものの書き方が正確ではありません", EN: "something that it shows is not written exactly"}
	}
	return withPlace(what, e.Object, e.Offset)
}

// withPlace adds the place in a PDF to a text: an object, unless its number is
// 0, and a byte, unless its offset is negative.
func withPlace(what text, object int, offset int64) text {
	switch {
	case object > 0 && offset >= 0:
		return text{JA: "%s(オブジェクト%d、%dバイト目)", EN: "%s (object %d, byte %d)"}.With(what, object, offset)
	case object > 0:
		return text{JA: "%s(オブジェクト%d)", EN: "%s (object %d)"}.With(what, object)
	case offset >= 0:
		return text{JA: "%s(%dバイト目)", EN: "%s (byte %d)"}.With(what, offset)
	}
	return what
}

// ReceivedPDF returns the next step for an unreadable PDF from another person.
// It does not propose a repair, because that would break the signatures in the
// file.
func ReceivedPDF(err error) (next text, ok bool) {
	d, damaged := errors.AsType[*pdfsig.DamagedError](err)
	switch {
	case errors.Is(err, pdfsig.ErrPassword):
		return text{JA: "パスワードを知っている場合も、署名はPDFを表示するソフトで確かめてください。", EN: "Even if you know the password, look at its signatures in a PDF viewer."}, true
	case errors.Is(err, pdfsig.ErrEncryption), errors.Is(err, pdfsig.ErrTooManySignatures):
		return text{JA: "署名はPDFを表示するソフトで確かめてください。", EN: "Look at its signatures in a PDF viewer."}, true
	case damaged && d.Fault != pdfsig.FaultEnd:
		return text{
			JA: "表示されるものがプログラムによって変わりうるため、署名を判定できません。作成者に、作り直したものをもらってください。",
			EN: "What it shows can depend on the program, so that its signatures cannot be judged. Ask whoever made it for another one.",
		}, true
	}
	return text{}, false
}

// faultText names the fault in a PDF, and its place.
func faultText(d *pdfsig.DamagedError) text {
	what, known := faultTexts[d.Fault]
	if !known {
		what = faultTexts[pdfsig.FaultStructure]
	}
	return withPlace(what, d.Number, d.Offset)
}

var faultTexts = map[pdfsig.Fault]text{
	pdfsig.FaultCrossReference: {JA: "相互参照表が規格に合いません", EN: "the cross-reference is not what the standard asks for"},
	pdfsig.FaultObject:         {JA: "規格に合わない部分があります", EN: "a part is not what the standard asks for"},
	pdfsig.FaultTwice:          {JA: "同じものが2回、違う値で書かれています", EN: "the same thing is said twice, differently"},
	pdfsig.FaultCatalog:        {JA: "文書の先頭となるカタログが読めません", EN: "the document's catalog cannot be read"},
	pdfsig.FaultPages:          {JA: "ページの一覧が規格に合いません", EN: "the tree of pages is not what the standard asks for"},
	pdfsig.FaultForm:           {JA: "フォームの欄の一覧が規格に合いません", EN: "the form's fields are not what the standard asks for"},
	pdfsig.FaultStructure:      {JA: "文書の構造が規格に合いません", EN: "its structure is not what the standard asks for"},
	pdfsig.FaultFilter:         {JA: "構造の圧縮方法が特殊です", EN: "its structure is compressed in an unusual way"},
}
