package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// EventKind is a kind of mark on the line of time.
type EventKind string

// The kinds, each with a shape of its own.
const (
	Claimed EventKind = "claimed" // when the signer claims to have signed
	Stamped EventKind = "stamped" // a trusted timestamp
	Doubted EventKind = "doubted" // a timestamp that is not
	Begins  EventKind = "begins"  // the certificate's first moment
	Ends    EventKind = "ends"    // its last
	Revoked EventKind = "revoked"
	Now     EventKind = "now"
)

// Event is something that happened at a time.
type Event struct {
	Kind EventKind
	Time time.Time
	What text // "" if the kind says it
}

// eventWords give the name of an event, and the source of its time.
var eventWords = map[EventKind]struct{ what, sure text }{
	Claimed: {text{JA: "署名", EN: "signed"}, text{JA: "署名者の申告(証明なし)", EN: "the signer's claim (no proof)"}},
	Stamped: {text{JA: "タイムスタンプ", EN: "timestamp"}, text{JA: "タイムスタンプ局の証明", EN: "proven by a timestamping authority"}},
	Doubted: {text{JA: "タイムスタンプ(証明に使えない)", EN: "timestamp that proves nothing"}, text{JA: "証明なし", EN: "no proof"}},
	Begins:  {text{JA: "証明書の有効期間の始まり", EN: "the certificate begins"}, text{JA: "証明書の記載", EN: "written in the certificate"}},
	Ends:    {text{JA: "証明書の有効期間の終わり", EN: "the certificate ends"}, text{JA: "証明書の記載", EN: "written in the certificate"}},
	Revoked: {text{JA: "証明書の失効", EN: "the certificate is revoked"}, text{JA: "失効情報", EN: "the revocation information"}},
	Now:     {text{JA: "検証", EN: "this check"}, text{JA: "このパソコンの時計", EN: "this computer's clock"}},
}

// The picture's measures, in its own units.
const (
	lineWidth  = 720.0
	lineMargin = 40.0
	lineAxis   = 92.0
	lineHeight = 132.0
	markRoom   = 26.0 // between two marks of one height
	levels     = 3
)

// timeline is the picture and the table of events.
type timeline struct {
	Label                                   string
	Width, Height, Left, Right, Axis, DateY float64
	From, To                                string
	Marks                                   []mark
	Spans                                   []span
	Rows                                    []row
}

type mark struct {
	Number            int
	Kind              EventKind
	X, Y, Axis, TextY float64
	Shape             string
}

type span struct{ X, Y, Width float64 }

type row struct {
	Number             int
	Kind               EventKind
	Shape              string // the mark, alone
	Moment, What, Sure string
}

// newTimeline lays events out from the first to the last.
func newTimeline(events []Event, l i18n.Lang) timeline {
	t := timeline{Width: lineWidth, Height: lineHeight, Left: lineMargin, Right: lineWidth - lineMargin, Axis: lineAxis, DateY: lineAxis + 30}
	events = slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return e.Time.IsZero() })
	slices.SortStableFunc(events, func(a, b Event) int { return cmp.Compare(a.Time.Unix(), b.Time.Unix()) })
	if len(events) == 0 {
		return t
	}
	first, last := events[0].Time, events[len(events)-1].Time
	t.From, t.To = day(first), day(last)
	if t.From == t.To {
		t.To = ""
	}
	place := func(at time.Time) float64 {
		whole := last.Unix() - first.Unix()
		if whole == 0 {
			return lineWidth / 2
		}
		// In seconds: a time.Duration holds less than 300 years.
		return t.Left + (t.Right-t.Left)*float64(at.Unix()-first.Unix())/float64(whole)
	}
	var begins []float64
	level, before := 0, -lineWidth
	for i, e := range events {
		x := place(e.Time)
		if x-before < markRoom {
			level = (level + 1) % levels
		} else {
			level = 0
		}
		before = x
		y := t.Axis - 24 - 24*float64(level)
		t.Marks = append(t.Marks, mark{Number: i + 1, Kind: e.Kind, X: x, Y: y, Axis: t.Axis, TextY: y - 9, Shape: shape(e.Kind, x, t.Axis)})
		switch e.Kind {
		case Begins:
			begins = append(begins, x)
		case Ends:
			if len(begins) > 0 {
				t.Spans = append(t.Spans, span{begins[0], t.Axis + 8, max(1, x-begins[0])})
				begins = begins[1:]
			}
		}
		words := eventWords[e.Kind]
		if !e.What.IsZero() {
			words.what = e.What
		}
		t.Rows = append(t.Rows, row{i + 1, e.Kind, shape(e.Kind, 0, 0), moment(e.Time).In(l), words.what.In(l), words.sure.In(l)})
	}
	t.Label = text{
		JA: "%[2]sから%[3]sまでの%[1]d件のイベント。下の表と同じ内容です。",
		EN: "%d events from %s to %s, the same as in the table below.",
	}.With(len(events), day(first), day(last)).In(l)
	return t
}

func day(t time.Time) string { return t.In(cert.JST).Format("2006-01-02") }

// shape draws a mark: a circle for a claim, a filled diamond for proof, an
// empty diamond for no proof, brackets for the certificate, a cross for a
// revocation, a filled triangle for now.
func shape(k EventKind, x, y float64) string {
	switch k {
	case Claimed:
		return fmt.Sprintf("M%.1f %.1fa7 7 0 1 0 14 0a7 7 0 1 0 -14 0z", x-7, y)
	case Stamped, Doubted:
		return fmt.Sprintf("M%.1f %.1fl8 8l-8 8l-8 -8z", x, y-8)
	case Begins:
		return fmt.Sprintf("M%.1f %.1fh-6v16h6", x, y-8)
	case Ends:
		return fmt.Sprintf("M%.1f %.1fh6v16h-6", x, y-8)
	case Revoked:
		return fmt.Sprintf("M%.1f %.1fl14 14m0 -14l-14 14", x-7, y-7)
	}
	return fmt.Sprintf("M%.1f %.1fl7 13h-14z", x, y-6)
}
