package signing

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/imprint"
	"github.com/jpki-tools/jpki/internal/input"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
)

// VisibleOptions are the flags of a signature that shows on its page.
type VisibleOptions struct {
	Where string // "" for one that does not show
	Font  string
}

// VisibleDefault is where --visible alone puts the stamp: at the end of the
// document, where people sign, in the lower right corner.
const VisibleDefault = "last"

var corners = map[string]pdfsig.Corner{
	"top-left": pdfsig.TopLeft, "top-right": pdfsig.TopRight, "bottom-left": pdfsig.BottomLeft, "bottom-right": pdfsig.BottomRight,
	"tl": pdfsig.TopLeft, "tr": pdfsig.TopRight, "bl": pdfsig.BottomLeft, "br": pdfsig.BottomRight,
}

// stampWidth and stampHeight are the largest size of a stamp, in points: 78 by
// 39 mm.
const stampWidth, stampHeight = 220, 110

// placement reads PAGE,CORNER; either can be left out.
func (opt *VisibleOptions) placement() (p pdfsig.Placement, ok bool) {
	p = pdfsig.Placement{Page: -1, Corner: pdfsig.BottomRight, Width: stampWidth, Height: stampHeight}
	page, corner, both := strings.Cut(opt.Where, ",")
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

func (c *Call) checkVisible() error {
	if c.Visible.Where == "" {
		if c.Visible.Font != "" {
			return problem.Misuse(text{JA: "--stamp-font は --visible と一緒に使います。", EN: "--stamp-font goes with --visible."})
		}
		return nil
	}
	if _, ok := c.Visible.placement(); !ok {
		return problem.Misuse(text{JA: "--visible=%s の場所が分かりません。", EN: "--visible=%s names no place."}.With(c.Visible.Where)).
			WithNext(text{JA: "--visible=last,top-right のように、ページと隅を指定してください。", EN: "Name page and corner, as in --visible=last,top-right."})
	}
	if c.Field != "" && c.Visible.Where != VisibleDefault {
		return problem.Misuse(text{JA: "--field の署名欄には決まった場所があるので、--visible の場所は指定できません。", EN: "The field of --field has its place: --visible goes without one."}).
			WithNext(text{JA: "--visible とだけ指定してください。", EN: "Say just --visible."})
	}
	return nil
}

// VisibleStamp draws the stamp of every PDF of a call.
type VisibleStamp struct {
	place  pdfsig.Placement
	lang   i18n.Lang
	reason string
	files  []*os.File
	fonts  []*imprint.Font
}

// NewVisibleStamp opens the fonts, and checks that they have all characters of
// a stamp except the signer's name, because that is only on the card. It
// returns nil without --visible.
func (c *Call) NewVisibleStamp() (*VisibleStamp, error) {
	if c.Visible.Where == "" {
		return nil, nil
	}
	v := &VisibleStamp{lang: c.io.Lang, reason: c.Reason}
	v.place, _ = c.Visible.placement()
	if c.Visible.Font != "" {
		err := v.open(c.Visible.Font)
		if errors.Is(err, imprint.ErrFont) {
			err = problem.New(problem.Input,
				text{JA: "「%s」はフォントとして使えません。", EN: "%s cannot be used as a font."}.With(c.Visible.Font),
				text{JA: "TTF、OTF、TTCのフォントのファイルを指定してください。", EN: "Name the file of a TTF, OTF or TTC font."}).Because(err)
		}
		return v, err
	}
	var missing error
	for _, path := range imprint.Find(imprint.Folders(runtime.GOOS, c.Env.Getenv)) {
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
		explain.GetJapaneseFont.Here())
}

// open adds a font that can write all that is known already.
func (v *VisibleStamp) open(path string) error {
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

func (v *VisibleStamp) Close() {
	if v == nil {
		return
	}
	for _, f := range v.files {
		f.Close()
	}
}

// details are the lines below the name, in the language of the screen. The
// signer chooses it for the reader with --lang.
func (v *VisibleStamp) details(at time.Time, demo bool) (lines []string) {
	add := func(t text) { lines = append(lines, t.In(v.lang)) }
	j := at.In(cert.JST)
	add(text{JA: j.Format("電子署名 2006年1月2日 15:04:05 JST"), EN: j.Format("Signed electronically on 2 Jan 2006 15:04:05 JST")})
	if v.reason != "" {
		lines = append(lines, text{JA: "理由: ", EN: "Reason: "}.In(v.lang)+v.reason)
	}
	if demo {
		add(text{JA: "デモカードの署名 (本物ではありません)", EN: "Signature of a DEMO card, not a real one"})
	}
	return lines
}

// draw draws with the first font that has all characters.
func (v *VisibleStamp) draw(name string, at time.Time, demo bool, space pdfsig.Space) (*pdfsig.Appearance, error) {
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
	if d.c.Stamp == nil {
		return nil, nil
	}
	return d.c.Stamp.draw(name, by.time, cert.IsDemo(by.cert), d.prepared.Space())
}
