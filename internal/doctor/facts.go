package doctor

import (
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Facts are the document jpki.report/v1: the answers of cards and readers,
// without anything personal.
type Facts struct {
	Schema  string  `json:"schema"`
	Program string  `json:"program"`
	System  string  `json:"system"`
	Backend string  `json:"backend"`
	Service *string `json:"service"` // its version, where that can be known
	Driver  *string `json:"driver"`  // likewise

	Findings []findingFacts `json:"findings"`
	Cards    []CardFacts    `json:"cards"`
}

type findingFacts struct {
	Check   string `json:"check"`
	Finding string `json:"finding"`
	Level   Level  `json:"level"`
}

// CardFacts are the results of the survey of one card.
type CardFacts struct {
	Reader   string     `json:"reader"` // its name, without serial number
	ATR      *string    `json:"atr"`
	Token    tokenFacts `json:"token"`
	Presence *string    `json:"presence"` // the bytes of EF 0008

	Can    canFacts     `json:"can"`
	Speed  speedFacts   `json:"speed"`
	Probes []probeFacts `json:"probes"`
	Ended  *string      `json:"ended"` // why the survey ended early
}

type tokenFacts struct {
	Kind  string  `json:"kind"`
	Label *string `json:"label"`
}

// canFacts are abilities; null is not known.
type canFacts struct {
	ExtendedLength *bool `json:"extended_length"`
	LongAnswers    *bool `json:"long_answers"` // of 256 bytes
	ShortIDRead    *bool `json:"short_identifier_read"`
	ShortIDQuery   *bool `json:"short_identifier_query"`
}

// speedFacts are the times of commands: time of an answer without data, and
// more for every 256 bytes.
type speedFacts struct {
	Command *float64 `json:"ms_per_command"`
	Bytes   *float64 `json:"ms_per_256_bytes"`
}

type probeFacts struct {
	Probe   string  `json:"probe"`
	Command string  `json:"command"`
	Status  *string `json:"status"` // null where the connection failed
	Bytes   int     `json:"bytes"`
	MS      float64 `json:"ms"`
	Error   *string `json:"error"`
}

// FactsOf makes the document.
func FactsOf(e *Environment, findings []Finding, program string, p Private) Facts {
	f := Facts{
		Schema: "jpki.report/v1", Program: program, System: p.redact(e.systemName()), Backend: e.Backend,
		Service: known(e.pcscdVersion()), Driver: known(e.driver()), Findings: []findingFacts{}, Cards: []CardFacts{},
	}
	for _, x := range findings {
		f.Findings = append(f.Findings, findingFacts{x.Check, x.Name, x.Level})
	}
	for _, c := range e.Cards {
		if len(c.Probes) > 0 {
			f.Cards = append(f.Cards, e.cardFacts(c, p))
		}
	}
	return f
}

func (e *Environment) cardFacts(c Card, p Private) CardFacts {
	f := CardFacts{Reader: p.redact(withoutSerial(c.Reader)), Probes: []probeFacts{}}
	for _, r := range e.Readers {
		if r.Name == c.Reader {
			f.ATR = known(strings.ToUpper(hex.EncodeToString(r.ATR)))
		}
	}
	if c.Surveyed != nil {
		f.Ended = known(p.redact(c.Surveyed.Error()))
	}
	for _, x := range c.Probes {
		row := probeFacts{Probe: x.Name, Command: strings.ToUpper(hex.EncodeToString(x.Command)), Bytes: x.Size, MS: milliseconds(x.Took)}
		if x.Err != nil {
			row.Error = known(p.redact(x.Err.Error()))
		} else {
			row.Status = known(fmt.Sprintf("%04X", uint16(x.Status)))
		}
		f.Probes = append(f.Probes, row)
	}
	f.summarize(c.Probes)
	return f
}

// summarize draws the main results from the probes.
func (f *CardFacts) summarize(probes []jpki.Probe) {
	named := func(name string) *jpki.Probe {
		i := slices.IndexFunc(probes, func(p jpki.Probe) bool { return p.Name == name })
		if i < 0 {
			return nil
		}
		return &probes[i]
	}
	is := func(name string, holds func(*jpki.Probe) bool) *bool {
		p := named(name)
		if p == nil {
			return nil
		}
		yes := holds(p)
		return &yes
	}
	f.Token.Kind = jpki.TokenUnknown.String()
	for _, name := range []string{"read-0006", "read-short-id-0006"} {
		if p := named(name); p != nil && p.OK() && f.Token.Label == nil {
			token := jpki.TokenLabeled(p.Data)
			f.Token = tokenFacts{token.Kind.String(), &token.Label}
		}
	}
	if p := named("read-0008"); p != nil && p.OK() {
		f.Presence = known(strings.ToUpper(hex.EncodeToString(p.Data)))
	}
	f.Can = canFacts{
		ExtendedLength: is("read-extended", func(p *jpki.Probe) bool { return p.OK() && p.Size > 256 }),
		LongAnswers:    is("read-0002", func(p *jpki.Probe) bool { return p.OK() && p.Size == 256 }),
		ShortIDRead:    is("read-short-id-000B", (*jpki.Probe).OKWithData),
		ShortIDQuery: is("query-short-id-0018", func(p *jpki.Probe) bool {
			_, counts := p.Status.Tries()
			return p.Err == nil && counts
		}),
	}
	var empty []float64
	for _, p := range probes {
		if p.Err == nil && p.Size == 0 {
			empty = append(empty, milliseconds(p.Took))
		}
	}
	if len(empty) == 0 {
		return
	}
	slices.Sort(empty)
	command := empty[len(empty)/2]
	f.Speed.Command = &command
	if p := named("read-0002"); p != nil && p.OK() && p.Size == 256 {
		more := max(milliseconds(p.Took)-command, 0)
		f.Speed.Bytes = &more
	}
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond).Microseconds()) / 1000
}

var bundleVersion = regexp.MustCompile(`<key>CFBundleShortVersionString</key>\s*<string>([0-9.]+)</string>`)

// driver names the driver of the standard class that is installed, with its
// version: pcscd has it from the same file.
func (e *Environment) driver() string {
	for _, pattern := range ccidBundles {
		for _, bundle := range e.glob(pattern) {
			if m := bundleVersion.FindStringSubmatch(e.read(path.Join(bundle, "Contents/Info.plist"))); m != nil {
				return "ifd-ccid " + m[1]
			}
		}
	}
	return ""
}

// ccidBundles are where the driver of the standard class lies.
var ccidBundles = []string{"usr/lib/pcsc/drivers/ifd-ccid.bundle", "usr/lib*/pcsc/drivers/ifd-ccid.bundle", "usr/lib/*/pcsc/drivers/ifd-ccid.bundle"}
