package cli

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/imprint"
	"github.com/jpki-tools/jpki/internal/input"
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
	file, err := input.Open(path)
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
	return d.c.stamp.draw(name, by.time, cert.IsDemo(by.cert), d.prepared.Space())
}
