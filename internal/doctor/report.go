package doctor

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/jpki-tools/jpki/pkg/jpki"
)

// Private holds the words that must not stand in a report.
type Private struct {
	Home, Host, User string // as this computer has them; empty where not known
}

// Report describes the environment and the findings, to go with the report of a
// bug: in English, without sentences, and without private data: no names, no
// serial numbers, nothing out of a certificate, neither home nor host. program
// is the program's own version.
func Report(e *Environment, findings []Finding, program string, p Private) string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name+":", fmt.Sprintf(format, args...))
	}
	line("program", "%s", program)
	line("system", "%s", e.systemName())
	line("backend", "%s", e.Backend)
	if v := e.pcscdVersion(); v != "" {
		line("pcscd", "%s", v)
	}
	line("service", "%s", errorText(e.Service))
	line("session", "ssh=%t wsl=%t container=%t demo=%t", e.ssh(), e.wsl(), e.container(), e.Demo)
	line("terminal", "%t TERM=%s language=%s locale=%s", e.Terminal, e.Getenv("TERM"), e.Lang, cmp.Or(e.Getenv("LC_ALL"), e.Getenv("LC_CTYPE"), e.Getenv("LANG")))
	for _, d := range e.usbDevices() {
		if d.ccid || d.claimed() != "" || vendorReaders[d.id] != "" {
			line("usb", "%s ccid=%t drivers=%s", d, d.ccid, strings.Join(d.drivers, ","))
		}
	}
	for _, r := range e.Readers {
		line("reader", "%s present=%t mute=%t in-use=%t exclusive=%t broken=%t atr=%s", withoutSerial(r.Name), r.Present, r.Mute, r.InUse, r.Exclusive, r.Broken, atrKind(r.ATR))
	}
	for _, c := range e.Cards {
		if c.Err != nil {
			line("card", "%s", c.Err)
			continue
		}
		line("card", "%s", c.Token.Kind)
		for _, k := range jpki.Kinds() {
			line("  "+k.String(), "%s", errorText(c.failure(k)))
		}
		for _, k := range c.Keys() {
			line("  "+k.PIN.Key.String()+" PIN", "%s", errorText(k.PIN.Err))
		}
	}
	for _, f := range findings {
		line(string(f.Level), "%s/%s", f.Check, f.Name)
	}
	return p.redact(b.String())
}

func errorText(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

// systemName is the operating system with its version where a file or a
// program tells it.
func (e *Environment) systemName() string {
	switch e.OS {
	case "linux":
		for line := range strings.Lines(e.read("etc/os-release")) {
			if name, found := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); found {
				return "linux " + strings.Trim(name, `"`) + ", kernel " + e.read("proc/sys/kernel/osrelease")
			}
		}
	case "darwin":
		if out, err := e.Run("/usr/bin/sw_vers", "-productVersion"); err == nil {
			return "darwin " + strings.TrimSpace(out)
		}
	}
	return e.OS
}

// atrKind names the kind of card of an ATR without showing it: PC/SC part 3,
// 3.1.3.2.3 gives those that readers make up for contactless cards.
func atrKind(atr []byte) string {
	switch {
	case len(atr) == 0:
		return "none"
	case len(atr) > 4 && atr[0] == 0x3B && atr[1]&0xF0 == 0x80 && atr[2] == 0x80 && atr[3] == 0x01:
		return "contactless"
	}
	return fmt.Sprintf("contact, %d bytes", len(atr))
}

// serial is a serial number as drivers put it into the name of a reader.
var serial = regexp.MustCompile(`\([0-9A-Za-z.:_-]*[0-9][0-9A-Za-z.:_-]*\)`)

// withoutSerial is the name of a reader without a number that may be its serial
// number.
func withoutSerial(reader string) string {
	return readerSerial.ReplaceAllString(reader, "(serial removed)")
}

// readerSerial is anything in brackets with a digit in it, or a long number.
var readerSerial = regexp.MustCompile(`\([^()]*[0-9][^()]*\)|\[[^\[\]]*[0-9][^\[\]]*\]|\b[0-9A-Fa-f]*[0-9][0-9A-Fa-f]{6,}\b`)

// redact takes private words out wherever they stand.
func (p Private) redact(report string) string {
	report = serial.ReplaceAllString(report, "(serial removed)")
	for _, secret := range []struct{ value, shown string }{{p.Home, "~"}, {p.Host, "HOST"}, {p.User, "USER"}} {
		if len(secret.value) < 3 || secret.value == secret.shown {
			continue // too short to be told from other text
		}
		word := regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(secret.value) + `($|[^0-9A-Za-z])`)
		for word.MatchString(report) {
			report = word.ReplaceAllString(report, "${1}"+secret.shown+"${2}")
		}
	}
	return report
}
