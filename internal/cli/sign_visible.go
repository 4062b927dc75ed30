package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/imprint"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// visibleOptions are the flags of a signature that shows on its page.
type visibleOptions struct {
	where string // "" for one that does not show
	font  string
}

// visibleDefault is where --visible alone puts the stamp: at the end of the
// document, where people sign, in the lower right corner.
const visibleDefault = "last"

func (a *app) addVisibleFlags(f *pflag.FlagSet, opt *visibleOptions) {
	f.StringVar(&opt.where, "visible", "", a.io.Text(text{
		JA: "PDFのページの`PLACE`に、氏名と日時のスタンプを表示する",
		EN: "PDF: show a stamp with name and time at `PLACE` of a page",
	}))
	f.Lookup("visible").NoOptDefVal = visibleDefault
	f.StringVar(&opt.font, "stamp-font", "", a.io.Text(text{
		JA: "スタンプの日本語フォント`FILE`(TTF、OTF、TTC。省略時はシステムのフォント)",
		EN: "`FILE` with the Japanese font of the stamp (TTF, OTF, TTC; else one of the system's)",
	}))
}

var corners = map[string]pdfsig.Corner{
	"top-left": pdfsig.TopLeft, "top-right": pdfsig.TopRight, "bottom-left": pdfsig.BottomLeft, "bottom-right": pdfsig.BottomRight,
	"tl": pdfsig.TopLeft, "tr": pdfsig.TopRight, "bl": pdfsig.BottomLeft, "br": pdfsig.BottomRight,
}

// stampWidth and stampHeight are what a stamp takes up at most, in points: 78
// by 39 mm.
const stampWidth, stampHeight = 220, 110

// placement reads PAGE,CORNER, of which either can be left out.
func (opt *visibleOptions) placement() (p pdfsig.Placement, ok bool) {
	p = pdfsig.Placement{Page: -1, Corner: pdfsig.BottomRight, Width: stampWidth, Height: stampHeight}
	page, corner, both := strings.Cut(opt.where, ",")
	if c, known := corners[page]; known && !both {
		p.Corner = c
		return p, true
	}
	if page != "last" {
		var err error
		if p.Page, err = strconv.Atoi(page); err != nil || p.Page == 0 {
			return p, false
		}
	}
	if both {
		p.Corner, ok = corners[corner]
		return p, ok
	}
	return p, true
}

func (c *call) checkVisible() error {
	if c.visible.where == "" {
		if c.visible.font != "" {
			return problem.Misuse(text{JA: "--stamp-font は --visible と一緒に使います。", EN: "--stamp-font goes with --visible."})
		}
		return nil
	}
	if _, ok := c.visible.placement(); !ok {
		return problem.Misuse(text{JA: "--visible=%s の場所が分かりません。", EN: "--visible=%s names no place."}.With(c.visible.where)).
			WithNext(text{JA: "--visible=last,top-right のように、ページと隅を指定してください。", EN: "Name page and corner, as in --visible=last,top-right."})
	}
	if c.field != "" && c.visible.where != visibleDefault {
		return problem.Misuse(text{JA: "--field の署名欄には決まった場所があるので、--visible の場所は指定できません。", EN: "The field of --field has its place: --visible goes without one."}).
			WithNext(text{JA: "--visible とだけ指定してください。", EN: "Say just --visible."})
	}
	return nil
}

// visibleStamp draws the stamp of every PDF of a call.
type visibleStamp struct {
	place  pdfsig.Placement
	reason string
	files  []*os.File
	fonts  []*imprint.Font
}

// newVisibleStamp opens the fonts, and checks that they have all that a stamp
// says but the signer's name, which only the card knows. Without --visible there
// is none.
func (c *call) newVisibleStamp() (*visibleStamp, error) {
	if c.visible.where == "" {
		return nil, nil
	}
	v := &visibleStamp{reason: c.reason}
	v.place, _ = c.visible.placement()
	if c.visible.font != "" {
		err := v.open(c.visible.font)
		if errors.Is(err, imprint.ErrFont) {
			err = problem.New(problem.Input,
				text{JA: "%sはフォントとして使えません。", EN: "%s cannot be used as a font."}.With(c.visible.font),
				text{JA: "TTF、OTF、TTCのフォントのファイルを指定してください。", EN: "Name the file of a TTF, OTF or TTC font."}).Because(err)
		}
		return v, err
	}
	var missing error
	for _, path := range imprint.Find(imprint.Folders(runtime.GOOS, c.env.Getenv)) {
		const enough = 8
		if err := v.open(path); err != nil && missing == nil {
			missing = err
		}
		if len(v.fonts) == enough {
			break
		}
	}
	switch {
	case len(v.fonts) > 0:
		return v, nil
	case missing != nil:
		return nil, missing
	}
	return nil, problem.New(problem.Input,
		text{JA: "スタンプに使う日本語フォントが見つかりません。", EN: "No Japanese font for the stamp was found."},
		text{JA: "--stamp-font FILE で指定するか、インストールしてください(Debian、Ubuntuでは fonts-noto-cjk か fonts-ipaexfont-gothic)。", EN: "Name one with --stamp-font FILE, or install one (fonts-noto-cjk or fonts-ipaexfont-gothic on Debian and Ubuntu)."})
}

// open adds a font that can write all that is known already.
func (v *visibleStamp) open(path string) error {
	file, err := openInput(path)
	if err != nil {
		return err
	}
	font, err := imprint.Open(file)
	if err == nil {
		known := strings.Join(v.details(time.Time{}, true), "") + "0123456789"
		err = font.Check(strings.ReplaceAll(known, "\n", ""))
	}
	if err != nil {
		file.Close()
		return err
	}
	v.files, v.fonts = append(v.files, file), append(v.fonts, font)
	return nil
}

func (v *visibleStamp) close() {
	if v == nil {
		return
	}
	for _, f := range v.files {
		f.Close()
	}
}

// details are the lines below the name. They are Japanese whatever the language
// of the screen: the document is for others.
func (v *visibleStamp) details(at time.Time, demo bool) []string {
	lines := []string{at.In(cert.JST).Format("電子署名 2006年1月2日 15:04:05 (日本時間)")}
	if v.reason != "" {
		lines = append(lines, "理由: "+v.reason)
	}
	if demo {
		lines = append(lines, "デモカードの署名 (本物ではありません)")
	}
	return lines
}

// draw draws with the first font that has all characters.
func (v *visibleStamp) draw(name string, at time.Time, demo bool, space pdfsig.Space) (*pdfsig.Appearance, error) {
	var first error
	for _, font := range v.fonts {
		drawing, err := imprint.Draw(font, imprint.Text{Name: name, Details: v.details(at, demo)},
			imprint.Box{Width: space.Width, Height: space.Height, Fill: space.Exact})
		if err == nil {
			return &pdfsig.Appearance{Width: drawing.Width, Height: drawing.Height, Content: drawing.Content}, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// appearance is the visible stamp of a PDF, if there is to be one.
func (d *pdfDocument) appearance(name string, by signer) (*pdfsig.Appearance, error) {
	if d.c.stamp == nil {
		return nil, nil
	}
	if name == "" {
		return nil, errNameless
	}
	return d.c.stamp.draw(name, by.time, cert.IsDemo(by.cert), d.prepared.Space())
}

// errNameless is a certificate without a name that could be shown.
var errNameless = errors.New("the certificate names nobody")

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

var visibleProblems = []struct {
	cause      error
	what, next text
}{
	{pdfsig.ErrNoNewField, text{JA: "前の署名(証明またはロック)が、表示される署名欄を加えることを許していません。加えると前の署名が無効になります。", EN: "An earlier signature certifies or locks the PDF: a new field that shows itself would break it."}, text{JA: "--field で空の署名欄を指定するか、--visible を外してください。", EN: "Name an empty signature field with --field, or leave out --visible."}},
	{pdfsig.ErrFieldHidden, text{JA: "その署名欄は、ページに表示されない欄です。", EN: "The signature field is one that shows on no page."}, text{JA: "--visible を外すか、ほかの署名欄を指定してください。", EN: "Leave out --visible, or name another field."}},
	{pdfsig.ErrNoSpace, text{JA: "ページのその隅には、スタンプを置く場所がありません。", EN: "There is no room for the stamp in that corner of the page."}, text{JA: "--visible=PAGE,CORNER でほかの場所を指定してください。", EN: "Name another place with --visible=PAGE,CORNER."}},
	{pdfsig.ErrNoPage, text{JA: "そのページはありません。", EN: "There is no such page."}, text{JA: "PDFのページ数を確かめてください。", EN: "Look how many pages the PDF has."}},
	{imprint.ErrNoRoom, text{JA: "氏名と理由がスタンプに入りきりません。署名は作成していません。", EN: "Name and reason do not fit into the stamp. No signature was made."}, text{JA: "--reason を短くするか、--visible を外してください。", EN: "Shorten --reason, or leave out --visible."}},
	{imprint.ErrFont, text{JA: "スタンプのフォントが壊れています。署名は作成していません。", EN: "The font of the stamp is damaged. No signature was made."}, text{JA: "--stamp-font でほかのフォントを指定してください。", EN: "Name another font with --stamp-font."}},
	{errNameless, text{JA: "証明書から氏名を読み取れないため、スタンプを作れません。署名は作成していません。", EN: "The certificate names nobody, so there is nothing to stamp. No signature was made."}, text{JA: "--visible を外してください。", EN: "Leave out --visible."}},
}
