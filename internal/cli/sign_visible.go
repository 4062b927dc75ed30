package cli

import (
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/signing"
)

func (a *app) addVisibleFlags(f *pflag.FlagSet, opt *signing.VisibleOptions) {
	f.StringVar(&opt.Where, "visible", "", a.io.Text(text{
		JA: "PDFのページの`PLACE`に、氏名と日時のスタンプを表示する",
		EN: "PDF: show a stamp with name and time at `PLACE` of a page",
	}))
	f.Lookup("visible").NoOptDefVal = signing.VisibleDefault
	f.StringVar(&opt.Font, "stamp-font", "", a.io.Text(text{
		JA: "スタンプの日本語フォント`FILE`(TTF、OTF、TTC。省略時はシステムのフォント)",
		EN: "`FILE` with the Japanese font of the stamp (TTF, OTF, TTC; else one of the system's)",
	}))
}
