package virtualcard

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/pkg/apdu"
)

// Report is what somebody's card and reader answered, by jpki doctor --report
// --json: a card made with [Options.Like] answers so, too. It holds nothing
// personal, so the certificates, PINs and keys stay those of a demo card.
type Report struct {
	ATR   []byte // nil: not known
	Label string // in EF 0006; empty: not known

	presence []byte
	asked    map[string]bool        // by the name of the probe
	refusals map[string]apdu.Status // likewise
	both     bool                   // either form of the counter query is taken
	case2    bool                   // only the second is
	loses    bool                   // an answer of 256 bytes comes without its data
	command  time.Duration          // what an answer takes
	per256   time.Duration          // and more for so many bytes

	phone               bool
	hasSign             bool
	signTries, authLeft int // left; -1: not known
}

// ErrNoReport is a file that is no report, or tells of no card.
var ErrNoReport = errors.New("virtualcard: no report of a card")

// maxReport bounds a report and the delays that one can ask for.
const (
	maxReport = 1 << 20
	maxDelay  = 2 * time.Second
)

// ParseReport reads the first card of a report, the document jpki.report/v1.
func ParseReport(data []byte) (*Report, error) {
	var doc struct {
		Schema string `json:"schema"`
		Cards  []struct {
			ATR      string `json:"atr"`
			Presence string `json:"presence"`
			Token    struct {
				Label string `json:"label"`
			} `json:"token"`
			Speed struct {
				Command float64 `json:"ms_per_command"`
				Bytes   float64 `json:"ms_per_256_bytes"`
			} `json:"speed"`
			Probes []struct {
				Probe  string  `json:"probe"`
				Status *string `json:"status"`
				Bytes  int     `json:"bytes"`
			} `json:"probes"`
		} `json:"cards"`
	}
	if len(data) > maxReport {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrNoReport, maxReport)
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoReport, err)
	}
	if doc.Schema != "jpki.report/v1" || len(doc.Cards) == 0 {
		return nil, fmt.Errorf("%w: schema %q with %d cards", ErrNoReport, doc.Schema, len(doc.Cards))
	}
	card := doc.Cards[0]
	r := &Report{
		Label: card.Token.Label, asked: map[string]bool{}, refusals: map[string]apdu.Status{}, hasSign: true, signTries: -1, authLeft: -1,
		command: delay(card.Speed.Command), per256: delay(card.Speed.Bytes),
	}
	var err error
	for _, field := range []struct {
		text string
		to   *[]byte
		most int
	}{{card.ATR, &r.ATR, 33}, {card.Presence, &r.presence, 16}} {
		if field.text == "" {
			continue
		}
		if *field.to, err = hex.DecodeString(field.text); err != nil || len(*field.to) > field.most {
			return nil, fmt.Errorf("%w: %q", ErrNoReport, field.text)
		}
	}
	if len(r.Label) > labelSize {
		return nil, fmt.Errorf("%w: a label of %d bytes", ErrNoReport, len(r.Label))
	}
	answers := map[string]apdu.Status{}
	for _, p := range card.Probes {
		sw := statusFailed
		if p.Status != nil {
			n, err := strconv.ParseUint(*p.Status, 16, 16)
			if err != nil {
				return nil, fmt.Errorf("%w: status %q", ErrNoReport, *p.Status)
			}
			sw = apdu.Status(n)
		}
		answers[p.Probe], r.asked[p.Probe] = sw, true
		_, counter := sw.Tries()
		if sw != apdu.StatusOK && sw != apdu.StatusEndOfFile && !counter && !strings.HasPrefix(p.Probe, "query-") {
			r.refusals[p.Probe] = sw
		}
		if p.Probe == "read-0002" && sw == apdu.StatusOK && p.Bytes == 0 {
			r.loses = true
		}
	}
	r.understand(answers)
	return r, nil
}

// statusFailed stands in for a command at which the connection failed: a card
// that is in its reader can only answer.
const statusFailed = apdu.StatusNoInformation

func delay(ms float64) time.Duration {
	if !(ms > 0) { // nor a number that is none
		return 0
	}
	return min(time.Duration(ms*float64(time.Millisecond)), maxDelay)
}

// understand draws from the answers what kind of card it is.
func (r *Report) understand(answers map[string]apdu.Status) {
	counts := func(name string) bool {
		sw, asked := answers[name]
		_, counter := sw.Tries()
		return asked && (counter || sw == apdu.StatusAuthenticationBlocked || sw == apdu.StatusReferenceDataUnusable)
	}
	first, second := counts("query-0018"), counts("query-case-2-0018")
	r.both, r.case2 = first && second, second && !first
	for ef, left := range map[string]*int{"0018": &r.authLeft, "001B": &r.signTries} {
		for _, form := range []string{"query-", "query-case-2-", "query-short-id-"} {
			if sw := answers[form+ef]; counts(form + ef) {
				*left, _ = sw.Tries()
			}
		}
		if sw, asked := answers["query-short-id-"+ef]; asked && !counts("query-short-id-"+ef) {
			r.refusals["query-short-id-"+ef] = sw
		}
	}
	r.phone = r.refusals["read-000A"] == apdu.StatusSecurityNotSatisfied
	delete(r.refusals, "read-000A") // it is the guard that refuses, until the PIN
	if r.refusals["read-0001"] == apdu.StatusSecurityNotSatisfied {
		delete(r.refusals, "read-0001")
	}
	if len(r.presence) > 0 {
		r.hasSign = r.presence[0] == 0x8F
	}
}

// Persona is who the card belongs to: the demo card's adult, as far as the report
// does not say otherwise.
func (r *Report) Persona() Persona {
	p, _ := Lookup("adult")
	p.Name, p.Description = "report", "a card that answers as a report says"
	p.Phone, p.SignCertificate = r.phone, r.hasSign
	if r.Label != "" {
		p.Label = r.Label
	}
	for _, c := range []struct {
		left  int
		pin   *string
		tries *int
	}{{r.signTries, &p.SignPIN, &p.SignTries}, {r.authLeft, &p.AuthPIN, &p.AuthTries}} {
		if c.left >= 0 {
			*c.tries = min(c.left, *c.tries)
		}
	}
	if !r.hasSign {
		p.SignPIN, p.SignTries = "", 0
	}
	return p
}

// refusal gives the status that the report has for the question that cmd asks of
// the card as it is now.
func (c *Card) refusal(cmd apdu.Command) (sw apdu.Status, refused bool) {
	if c.options.Like == nil {
		return 0, false
	}
	for _, name := range c.questions(cmd) {
		if sw, refused = c.options.Like.refusals[name]; refused {
			return sw, true
		}
	}
	return 0, false
}

// questions names the probes of a report that ask what cmd asks.
func (c *Card) questions(cmd apdu.Command) (names []string) {
	current := c.identifier(c.ef)
	switch {
	case cmd.INS == apdu.InsSelect && cmd.P1 == 0x02 && len(cmd.Data) == 2:
		return []string{fmt.Sprintf("select-ef-%X", cmd.Data)}
	case cmd.INS == apdu.InsSelect && cmd.P1 == 0x04:
		for name, aid := range map[string]string{
			"select-application": jpkiApplication.aid, "select-issuer-domain": issuerDomain.aid, "select-common-application": commonAID,
		} {
			if string(cmd.Data) == aid {
				return []string{name}
			}
		}
	case cmd.INS == apdu.InsGetData:
		return []string{fmt.Sprintf("get-data-%02X%02X", cmd.P1, cmd.P2)}
	case cmd.INS == apdu.InsReadBinary && cmd.P1 > 0x80:
		name := fmt.Sprintf("read-short-id-%04X", cmd.P1&0x1F)
		if !c.options.Like.asked[name] {
			name = "read-short-id-000B" // whether short identifiers work at all
		}
		names = append(names, name)
	case cmd.INS == apdu.InsReadBinary:
		if f := c.ef; f != nil && f.kind == transparentEF && int(cmd.P1)<<8|int(cmd.P2) >= len(f.content) {
			names = append(names, "read-past-end")
		} else if f != nil && (f.guard == nil || !f.guard.verified) {
			names = append(names, "read-"+current)
		}
	case cmd.INS == apdu.InsVerify && len(cmd.Data) == 0 && cmd.P2 > 0x80:
		return []string{fmt.Sprintf("query-short-id-%04X", cmd.P2&0x1F)}
	}
	if cmd.INS == apdu.InsReadBinary && cmd.Ne > apdu.MaxShortNe {
		names = append(names, "read-extended")
	}
	return names
}

// identifier is that of an EF, as in the name of a probe.
func (c *Card) identifier(f *file) string {
	for ef, x := range c.files {
		if x == f && f != nil {
			return fmt.Sprintf("%04X", ef)
		}
	}
	return ""
}

// commonAID is 共通.
const commonAID = "\xD3\x92\x10\x00\x31\x00\x01\x01\x01\x00"

// takes is how long the answer takes by the report.
func (r *Report) takes(answer int) time.Duration {
	if r == nil {
		return 0
	}
	return r.command + r.per256*time.Duration(answer)/256
}

// presenceBytes is EF 0008 by the report.
func (r *Report) presenceBytes(otherwise []byte) []byte {
	if r == nil || len(r.presence) == 0 {
		return otherwise
	}
	return bytes.Clone(r.presence)
}
