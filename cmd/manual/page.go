package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/cli"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/ui"
)

// page is a man page.
type page struct {
	name, section string
	content       []byte
}

type text = i18n.Text

// newPage writes the page of a command or of a topic.
func newPage(c *cobra.Command, lang i18n.Lang, of edition) page {
	w := &roff{lang: lang}
	p := page{name: pageName(c), section: section(c)}
	w.macro("TH", strings.ToUpper(p.name), p.section, of.date, "jpki "+of.version, text{JA: "jpki マニュアル", EN: "jpki manual"}.In(lang))
	w.line(".ad l") // ragged on the right, and
	w.line(".nh")   // without hyphenation: commands and options are copied
	w.heading(text{JA: "名前", EN: "NAME"})
	w.line(escape(p.name) + ` \- ` + escape(c.Short))
	if p.section == "7" {
		w.heading(text{JA: "説明", EN: "DESCRIPTION"})
		w.prose(c.Long)
	} else {
		w.command(c)
	}
	w.heading(text{JA: "関連項目", EN: "SEE ALSO"})
	w.references(c)
	p.content = []byte(w.String())
	return p
}

// section is 1 for commands and 7 for topics.
func section(c *cobra.Command) string {
	if cli.IsTopic(c) {
		return "7"
	}
	return "1"
}

// roff writes the source of a page with the macros of man(7).
type roff struct {
	strings.Builder
	lang i18n.Lang
}

func (w *roff) line(s string) { w.WriteString(s + "\n") }

func (w *roff) macro(name string, args ...string) {
	w.WriteString("." + name)
	for _, arg := range args {
		w.WriteString(` "` + strings.ReplaceAll(escape(arg), `\-`, "-") + `"`)
	}
	w.WriteString("\n")
}

func (w *roff) heading(t text) { w.macro("SH", t.In(w.lang)) }

// command writes the sections of a command, examples first.
func (w *roff) command(c *cobra.Command) {
	w.heading(text{JA: "書式", EN: "SYNOPSIS"})
	w.line(w.synopsis(c))
	if c.Example != "" {
		w.heading(text{JA: "例", EN: "EXAMPLES"})
		for line := range strings.SplitSeq(c.Example, "\n") {
			if what, ok := strings.CutPrefix(line, "      "); ok {
				w.fill(what, 7)
				continue
			}
			w.line(".TP")
			w.line(`\fB` + escape(strings.TrimSpace(line)) + `\fR`)
		}
	}
	w.heading(text{JA: "説明", EN: "DESCRIPTION"})
	if c.Long != "" {
		w.prose(c.Long)
	} else {
		w.fill(c.Short, 0)
	}
	if c.HasAvailableSubCommands() {
		w.heading(text{JA: "コマンド", EN: "COMMANDS"})
		for _, below := range c.Commands() {
			w.line(".TP")
			w.line(reference(below))
			w.fill(below.Short, 7)
		}
	}
	w.flags(text{JA: "オプション", EN: "OPTIONS"}, c.LocalFlags())
	if c.HasParent() {
		w.heading(text{JA: "共通のオプション", EN: "COMMON OPTIONS"})
		var names []string
		c.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, `\fB`+escape("--"+f.Name)+`\fR`) })
		w.line(strings.Join(names, ", ") + text{JA: `: \fBjpki\fR(1) を見てください。`, EN: `: see \fBjpki\fR(1).`}.In(w.lang))
	}
	w.heading(text{JA: "終了ステータス", EN: "EXIT STATUS"})
	w.line(text{JA: `0 は成功です。ほかは \fBjpki\-exit\-codes\fR(7) にあります。`, EN: `0 where all went well; the others are in \fBjpki\-exit\-codes\fR(7).`}.In(w.lang))
}

// synopsis is the usage line, with placeholders in italics.
func (w *roff) synopsis(c *cobra.Command) string {
	path := c.CommandPath()
	rest := strings.TrimPrefix(c.UseLine(), path)
	if c.HasAvailableSubCommands() && rest == "" {
		rest = " [COMMAND]"
	}
	rest = regexp.MustCompile(`[A-Z]+`).ReplaceAllString(escape(rest), `\fI$0\fR`)
	options := ""
	if c.HasAvailableFlags() {
		options = ` [\fI` + text{JA: "オプション", EN: "OPTION"}.In(w.lang) + `\fR]...`
	}
	return `\fB` + escape(path) + `\fR` + options + rest
}

func (w *roff) flags(heading text, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	w.heading(heading)
	flags.VisitAll(func(f *pflag.Flag) {
		value, usage := pflag.UnquoteUsage(f)
		name := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			name = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + name
		}
		switch {
		case value == "":
		case f.NoOptDefVal == "":
			name += ` \fI` + escape(value) + `\fR`
		default:
			name += `[=\fI` + escape(value) + `\fR]`
		}
		w.line(".TP")
		w.line(name)
		w.fill(usage, 7)
	})
}

// prose writes a text as the help has it: its lines are paragraphs, which are
// filled; those that are indented are laid out as the help lays them out.
func (w *roff) prose(s string) {
	written, literal, gap := false, false, false
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			gap = true
			continue
		}
		indented := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
		begins := gap || literal != indented
		if literal && begins {
			w.line(".fi")
		}
		switch {
		case written && begins:
			w.line(".PP")
		case written && !indented:
			w.line(".br")
		}
		if indented && begins {
			w.line(".nf")
		}
		if indented {
			for part := range strings.SplitSeq(ui.Layout(line, columns-7), "\n") {
				w.line(escape(part))
			}
		} else {
			w.fill(line, 0)
		}
		written, literal, gap = true, indented, false
	}
	if literal {
		w.line(".fi")
	}
}

// columns is the width of a page; its text is indented by seven.
const columns = 78

// fill writes a paragraph, indented by so many more columns. Viewers of man
// pages can break English lines; not all of them can break Japanese, so fill
// does it.
func (w *roff) fill(s string, indent int) {
	if w.lang == i18n.EN {
		w.line(escape(s))
		return
	}
	for i, line := range strings.Split(ui.Wrap(s, columns-7-indent, ""), "\n") {
		if i > 0 {
			w.line(".br")
		}
		w.line(escape(line))
	}
}

// references names the pages around this one.
func (w *roff) references(c *cobra.Command) {
	var all []string
	if c.HasParent() {
		all = append(all, reference(c.Root()))
		for _, other := range c.Parent().Commands() {
			if other != c && c.Parent().HasParent() {
				all = append(all, reference(other))
			}
		}
	}
	for _, below := range c.Commands() {
		all = append(all, reference(below))
	}
	w.line(strings.Join(all, ",\n"))
}

func reference(c *cobra.Command) string {
	return fmt.Sprintf(`\fB%s\fR(%s)`, escape(pageName(c)), section(c))
}

var escapes = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`, `'`, `\(aq`, "`", `\(ga`, `^`, `\(ha`, `~`, `\(ti`)

// escape keeps a text from being read as roff. No line begins with a request:
// a dot there is hidden.
func escape(s string) string {
	s = escapes.Replace(s)
	if strings.HasPrefix(strings.TrimLeft(s, " "), ".") {
		s = `\&` + s
	}
	return s
}
