package explain

import (
	"errors"

	"github.com/jpki-tools/jpki/internal/application"
	"github.com/jpki-tools/jpki/internal/bundle"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/printable"
)

// bundleReasons explain why a folder or ZIP cannot be read as an e-Gov
// application. The name of the entry stands before them.
var bundleReasons = map[error]text{
	bundle.ErrNotZIP:     {JA: "ZIPとして読めないか、壊れています", EN: "it cannot be read as a ZIP, or is damaged"},
	bundle.ErrName:       {JA: "名前がフォルダーの外を指すか、名前として使えません", EN: "its name leads out of the folder, or is none"},
	bundle.ErrNested:     {JA: "フォルダーの中にさらにフォルダーがあります", EN: "there is a folder inside the folder"},
	bundle.ErrFolders:    {JA: "フォルダーが2つ以上あります", EN: "there is more than one folder"},
	bundle.ErrTwice:      {JA: "同じ名前のファイルが2つあります", EN: "two files have the same name"},
	bundle.ErrLink:       {JA: "リンクや特殊なファイルがあります", EN: "it is a link, or no regular file"},
	bundle.ErrEncrypted:  {JA: "暗号化されています", EN: "it is encrypted"},
	bundle.ErrMethod:     {JA: "扱えない方法で圧縮されています", EN: "it is compressed in a way that is not taken"},
	bundle.ErrOverlap:    {JA: "中のファイルが重なり合っています", EN: "files in it lie over each other"},
	bundle.ErrReadings:   {JA: "ソフトによって、中のファイルや名前が違って見える作りです", EN: "other programs would see other files or names in it"},
	bundle.ErrTooLarge:   {JA: "展開すると大きくなりすぎます", EN: "it unpacks to too much"},
	bundle.ErrTooMany:    {JA: "ファイルが多すぎます", EN: "there are too many files"},
	bundle.ErrEmpty:      {JA: "ファイルがありません", EN: "there are no files in it"},
	bundle.ErrCharacters: {JA: "名前がUTF-8でもShift_JISでもありません", EN: "its name is neither UTF-8 nor Shift_JIS"},
}

// explainApplication explains why a folder or ZIP is not taken.
func explainApplication(err error) *problem.Problem {
	var (
		refused *bundle.Error
		several *application.SeveralError
		missing *application.MissingPartError
		broken  *application.UnreadableError
	)
	switch {
	case errors.As(err, &refused):
		what := text{JA: "「%[1]s」は使えません。%[2]s。", EN: "%[1]s is not taken: %[2]s."}
		if refused.Entry != "" {
			what = text{JA: "「%[1]s」の中の「%[3]s」が使えません。%[2]s。", EN: "%[3]q in %[1]s is not taken: %[2]s."}
		}
		return problem.New(problem.Input, what.With(refused.Path, bundleReasons[refused.Reason], printable.Line(refused.Entry)),
			text{JA: "e-Govの申請は、1つのフォルダーにすべてのファイルを並べたものです。何も書き込んでいません。", EN: "An e-Gov application is one folder with all files side by side. Nothing was written."})
	case errors.As(err, &broken):
		what := text{JA: "「%s」は、e-Govの構成管理情報の形式ではありません。", EN: "%s has not the shape of an e-Gov application's."}.With(broken.Name)
		if broken.Err != nil {
			what = text{JA: "「%s」を構成管理情報として読めません。%s", EN: "%s cannot be read as an e-Gov application's. %s"}.With(broken.Name, Error(broken.Err).What)
		}
		return problem.New(problem.Input, what,
			text{JA: "e-Govから受け取ったファイルか、作ったソフトの出力か、確かめてください。申請ではないものとして署名するなら、ファイルか --format cms を指定します。", EN: "See whether it is the file that came from e-Gov, or from the program that made it. To sign this as something else, name the files, or --format cms."})
	case errors.As(err, &several):
		return problem.New(problem.Input,
			text{JA: "構成管理情報がいくつもあり、どれが申請のものか分かりません: %s", EN: "Several files could be the application's kousei.xml: %s"}.With(list(several.Names)),
			text{JA: "申請のもの1つを kousei.xml という名前にしてください。", EN: "Call the application's own one kousei.xml."})
	case errors.As(err, &missing):
		return problem.New(problem.Input,
			text{JA: "署名する構成管理情報ファイルがありません: %s", EN: "Files that are to be signed are missing: %s"}.With(list(missing.Names)),
			text{JA: "e-Govから受け取ったファイルをすべて、同じフォルダーに置いてください。", EN: "Put all files that came from e-Gov into the same folder."})
	}
	return nil
}

func list(names []string) text {
	var all []text
	for _, n := range names {
		all = append(all, i18n.Same(printable.Line(n)))
	}
	return i18n.Join(text{JA: "、", EN: ", "}, all...)
}
