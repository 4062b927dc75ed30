package explain

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/jpki-tools/jpki/internal/imprint"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/xmltext"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// Document explains why a file cannot be signed, or its signature not
// be read.
func Document(err error) *problem.Problem {
	for _, explain := range []func(error) *problem.Problem{explainVisible, explainPDF, xmltext.Refusal, explainApplication} {
		if p := explain(err); p != nil {
			return p
		}
	}
	for _, known := range documentProblems {
		if errors.Is(err, known.cause) {
			return problem.New(problem.Input, known.what, known.next)
		}
	}
	var (
		syntax    *xmlsig.SyntaxError
		limit     *xmlsig.LimitError
		breaks    *xmlsig.BreaksSignatureError
		ambiguous *xmlsig.AmbiguousError
		relative  *xmlsig.RelativeNamespaceError
	)
	switch {
	case errors.As(err, &syntax):
		return problem.New(problem.Input,
			text{JA: "XMLとして読めません。\n詳細: %s", EN: "This cannot be read as XML: %s"}.With(strings.TrimPrefix(syntax.Error(), "xmlsig: ")),
			text{JA: "その行を確かめてください。DOCTYPEのあるXMLは扱いません。", EN: "Look at that line. XML with a DOCTYPE is not taken."})
	case errors.As(err, &limit):
		return problem.New(problem.Input,
			text{JA: "XMLが大きすぎるか、複雑すぎます。\n詳細: %s", EN: "The XML is too large or too complex: %s"}.With(strings.TrimPrefix(limit.Error(), "xmlsig: ")),
			text{JA: "--format cms なら、どのファイルにも分離署名を付けられます。", EN: "With --format cms any file takes a detached signature."})
	case errors.As(err, &ambiguous):
		return problem.New(problem.Input,
			text{JA: "%d行目の%d文字目は、%sとして読むソフトによって別の文字になります。", EN: "Line %d, character %d: programs that read %s take it for different characters."}.With(ambiguous.Line, ambiguous.Column, ambiguous.Encoding),
			text{JA: "UTF-8で保存し直してから署名してください。", EN: "Save the document as UTF-8, then sign it."})
	case errors.As(err, &relative):
		return problem.New(problem.Input,
			text{JA: "%d行目の要素の名前空間「%s」は相対URIです。署名に使う正規形が、このXMLにはありません。", EN: "Line %d: the namespace %q is a relative URI. Such XML has no canonical form to sign."}.With(relative.Line, relative.Name),
			text{JA: "urn: や http: で始まる名前空間にしてください。", EN: "Use a namespace that begins with urn: or http:, say."})
	case errors.As(err, &breaks):
		return problem.New(problem.Input,
			text{JA: "すでにある署名が文書全体を覆っているため、署名を追加するとそれが無効になります。", EN: "A signature that is there covers the whole document: another one inside would make it invalid."},
			text{JA: "署名する前の文書に、それぞれが分離署名(--format cms など)をする方法があります。e-Taxの文書なら、最初の署名を作り直してください。", EN: "A way out is a detached signature of each signer over the unsigned document (--format cms). In an e-Tax document the first signature has to be made anew."})
	}
	return nil
}

// inputProblem is an input that cannot be used as it is, for one cause.
type inputProblem struct {
	cause      error
	what, next text
}

var documentProblems = []inputProblem{
	{pdfsig.ErrEncrypted, text{JA: "PDFが暗号化されています。登記・供託オンライン申請は、暗号化されたPDFを受け付けません。", EN: "The PDF is encrypted: the online registration service takes no encrypted PDF."}, text{JA: "ほかの提出先なら --profile pades で署名できます。登記には、暗号化せずに保存し直してから署名してください。", EN: "For other services sign with --profile pades. For the registry, save it without encryption, then sign it."}},
	{pdfsig.ErrPassword, text{JA: "PDFを開くにはパスワードが必要です。", EN: "The PDF opens with a password only."}, text{JA: "PDFを表示するソフトで、パスワードなしで開けるように保存し直してから署名してください。", EN: "Save it in a PDF program so that it opens without one, then sign it."}},
	{pdfsig.ErrEncryption, text{JA: "PDFが特殊な方法(証明書など)で暗号化されています。", EN: "The PDF is encrypted in a special way (by certificates, for example)."}, text{JA: "暗号化せずに保存し直してから署名してください。", EN: "Save it without encryption, then sign it."}},
	{pdfsig.ErrNotPermitted, text{JA: "PDFの作成者が、このような署名を追加することを許可していません(暗号化の権限設定)。", EN: "The author of the PDF does not permit such a signature (permissions of the encryption)."}, text{JA: "空の署名欄があれば --field で指定してください。なければ、作成者に署名を許可したものをもらってください。", EN: "If it has an empty signature field, name that with --field. Otherwise ask the author for one that permits signatures."}},
	{pdfsig.ErrCertified, text{JA: "PDFは変更を許さない証明(DocMDP)が付いています。署名を追加すると無効になります。", EN: "The PDF is certified against any change: a signature would break that."}, text{JA: "作成者に、署名を許す形で作り直してもらってください。", EN: "Ask its author for one that allows signatures."}},
	{pdfsig.ErrDynamicForm, text{JA: "PDFは動的なフォーム(XFA)で、表示される内容がファイルにありません。", EN: "The PDF is a dynamic form (XFA): what it shows is not in the file."}, text{JA: "印刷の機能で通常のPDFにしてから署名してください。", EN: "Print it to an ordinary PDF, then sign that."}},
	{pdfsig.ErrNotPDF, text{JA: "PDFファイルではありません。", EN: "This is no PDF file."}, text{JA: "--format cms なら、どのファイルにも分離署名を付けられます。", EN: "With --format cms any file takes a detached signature."}},
	{pdfsig.ErrEmpty, text{JA: "PDFにページがありません。", EN: "The PDF has no page."}, text{JA: "作成したソフトで、ページのあるPDFを作り直してください。", EN: "Make it anew, with pages, in the program that made it."}},
	{pdfsig.ErrToukiName, text{JA: "証明書から氏名を読み取れないため、登記・供託オンライン申請の形(touki)では署名できません。", EN: "The certificate has no name that can be read, which the registry's form (touki) asks for."}, text{JA: "--profile pades なら署名できます。", EN: "With --profile pades it can be signed."}},
	{pdfsig.ErrToukiKey, text{JA: "登記・供託オンライン申請の形(touki)の署名はRSAの鍵だけです。このカードの鍵は違います。", EN: "The registry's form (touki) is signed with RSA keys only, and this card has another."}, text{JA: "--profile pades なら署名できます。", EN: "With --profile pades it can be signed."}},
	{pdfsig.ErrNoField, text{JA: "その名前の署名欄はありません。", EN: "There is no signature field of this name."}, text{JA: "--field を確かめてください。", EN: "Check --field."}},
	{pdfsig.ErrFieldSigned, text{JA: "その署名欄にはもう署名があります。", EN: "The signature field is signed already."}, text{JA: "--field を省くと、新しい署名欄を作ります。", EN: "Without --field a new one is made."}},
	{pdfsig.ErrFieldLocked, text{JA: "その署名欄は、前の署名によってロックされています。", EN: "An earlier signature has locked the field."}, text{}},
	{pdfsig.ErrFieldDemands, text{JA: "その署名欄は、このバージョンが対応していない条件を求めています。", EN: "The field asks for something this version does not do."}, text{JA: "--field を省いてください。", EN: "Leave out --field."}},
	{pdfsig.ErrTooLarge, text{JA: "PDFが大きすぎます。", EN: "The PDF is too large."}, text{}},
	{pdfsig.ErrChanged, text{JA: "ファイルが署名中に変わったため、署名を保存しませんでした。", EN: "The file changed while it was being signed. The signature was not saved."}, text{JA: "書き込みが終わってから、もう一度実行してください。", EN: "Run this again when nothing writes to it any more."}},
	{xmlsig.ErrNoElement, text{JA: "--id の要素が文書にありません。", EN: "The document has no element with this --id."}, text{}},
	{xmlsig.ErrDuplicateID, text{JA: "同じIDの要素がいくつもあります。", EN: "Several elements have the same id."}, text{JA: "文書のIDを直してください。", EN: "Mend the ids of the document."}},
	{xmlsig.ErrSelf, text{JA: "その要素の中には、その要素自身への署名を置けません。", EN: "The element would contain its own detached signature."}, text{JA: "ルートではなく、その中の要素を --id で指定してください。", EN: "Name an element below the root with --id."}},
	{xmlsig.ErrFileName, text{JA: "--with には、文書と同じフォルダーかその下のファイルを指定してください。", EN: "--with takes files in the document's folder or below it."}, text{}},
	{xmlsig.ErrNothingToSign, text{JA: "署名する対象がありません。", EN: "There is nothing to sign."}, text{}},
	{xmlsig.ErrSignedInside, text{JA: "署名済みの文書は、別の署名の中に入れられません。", EN: "A signed document cannot go inside another signature."}, text{}},
}

// explainVisible explains why a stamp cannot be drawn.
func explainVisible(err error) *problem.Problem {
	for _, known := range visibleProblems {
		if errors.Is(err, known.cause) {
			return problem.New(problem.Input, known.what, known.next)
		}
	}
	var missing *imprint.MissingError
	if !errors.As(err, &missing) {
		return nil
	}
	character := text{JA: fmt.Sprintf("%U", missing.Rune), EN: fmt.Sprintf("%U", missing.Rune)}
	if unicode.IsGraphic(missing.Rune) && !unicode.IsMark(missing.Rune) {
		character = text{JA: "「%c」(%U)", EN: "%c (%U)"}.With(missing.Rune, missing.Rune)
	}
	if missing.Beyond {
		return problem.New(problem.Input,
			text{JA: "スタンプには%sを表示できません。署名は作成していません。", EN: "A stamp cannot show %s. No signature was made."}.With(character),
			text{JA: "異体字セレクター、結合文字、外字などは扱いません。--visible を外すと署名できます。", EN: "Variation selectors, combining marks, private characters and the like are beyond it. Leave out --visible."})
	}
	return problem.New(problem.Input,
		text{JA: "スタンプのフォントに%sがありません。署名は作成していません。", EN: "The font of the stamp has no %s. No signature was made."}.With(character),
		text{JA: "その文字のある日本語フォントを --stamp-font で指定するか、--visible を外してください。", EN: "Name a Japanese font that has it with --stamp-font, or leave out --visible."})
}

var visibleProblems = []inputProblem{
	{pdfsig.ErrNoNewField, text{JA: "前の署名(証明またはロック)が、表示される署名欄を追加することを許していません。追加すると前の署名が無効になります。", EN: "An earlier signature certifies or locks the PDF: a new field that shows itself would break it."}, text{JA: "--field で空の署名欄を指定するか、--visible を外してください。", EN: "Name an empty signature field with --field, or leave out --visible."}},
	{pdfsig.ErrFieldHidden, text{JA: "その署名欄は、ページに表示されない欄です。", EN: "The signature field is one that shows on no page."}, text{JA: "--visible を外すか、ほかの署名欄を指定してください。", EN: "Leave out --visible, or name another field."}},
	{pdfsig.ErrNoSpace, text{JA: "ページのその隅には、スタンプを置く場所がありません。", EN: "There is no room for the stamp in that corner of the page."}, text{JA: "--visible=PAGE,CORNER でほかの場所を指定するか、小さすぎるページなら --visible を外してください。", EN: "Name another place with --visible=PAGE,CORNER, or leave out --visible if the page is too small."}},
	{pdfsig.ErrNoPage, text{JA: "そのページはありません。", EN: "There is no such page."}, text{JA: "PDFのページ数を確かめてください。", EN: "Look how many pages the PDF has."}},
	{imprint.ErrNoRoom, text{JA: "氏名と理由がスタンプに入りきりません。署名は作成していません。", EN: "Name and reason do not fit into the stamp. No signature was made."}, text{JA: "--reason を短くするか、--visible を外してください。", EN: "Shorten --reason, or leave out --visible."}},
	{imprint.ErrFont, text{JA: "スタンプのフォントが壊れています。署名は作成していません。", EN: "The font of the stamp is damaged. No signature was made."}, text{JA: "--stamp-font でほかのフォントを指定してください。", EN: "Name another font with --stamp-font."}},
	{imprint.ErrNameless, text{JA: "証明書から氏名を読み取れないため、スタンプを作れません。署名は作成していません。", EN: "The certificate names nobody, so there is nothing to stamp. No signature was made."}, text{JA: "--visible を外してください。", EN: "Leave out --visible."}},
}
