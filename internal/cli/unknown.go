package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/guide"
	"github.com/jpki-tools/jpki/internal/i18n"
)

// mostSuggestions is how many commands or topics are offered for a word.
const mostSuggestions = 3

// meant suggests commands in place of a word that c does not have: one with
// nearly this name, one with this name below another command, a procedure that
// no program can do, or a command with the word in its description.
func meant(c *cobra.Command, word string) text {
	procedure := procedures(word)
	commands := namesNear(c, word)
	if len(commands) == 0 {
		commands = namesAnywhere(c.Root(), word)
		if !procedure.IsZero() { // jpki demo reset resets no card
			commands = slices.DeleteFunc(commands, func(path string) bool { return strings.HasPrefix(path, "jpki demo ") })
		}
	}
	if len(commands) == 0 && procedure.IsZero() {
		commands = described(c.Root(), word)
	}
	var command text
	if len(commands) > 0 {
		commands = commands[:min(len(commands), mostSuggestions)]
		command = text{JA: "近いコマンドは %s です。", EN: "Did you mean %s?"}.With(text{JA: strings.Join(commands, "、"), EN: strings.Join(commands, " or ")})
	}
	if next := i18n.Join(text{EN: " "}, command, procedure); !next.IsZero() {
		return next
	}
	return text{JA: "コマンドの一覧は %s --help で見られます。", EN: "See %s --help for the commands."}.With(c.CommandPath())
}

// procedures names the topics of the guide that have the word.
func procedures(word string) text {
	var ja, en []string
	for _, t := range guide.About(word) {
		ja = append(ja, fmt.Sprintf("jpki guide %s「%s」", t.Name, t.Title.JA))
		en = append(en, fmt.Sprintf("jpki guide %s (%s)", t.Name, t.Title.EN))
	}
	if len(ja) == 0 {
		return text{}
	}
	n := min(len(ja), mostSuggestions)
	return text{JA: "手続きの案内は %sにあります。", EN: "For the procedure see %s."}.With(text{JA: strings.Join(ja[:n], "、"), EN: strings.Join(en[:n], ", ")})
}

// namesNear lists the commands below c that the word may be misspelt for, the
// nearest first.
func namesNear(c *cobra.Command, word string) []string {
	var found []near
	word = strings.ToLower(word)
	for _, below := range c.Commands() {
		d := guide.Distance(word, below.Name())
		switch {
		case !below.IsAvailableCommand() && below.Name() != "help":
		case len(word) >= 3 && (strings.HasPrefix(below.Name(), word) || strings.HasPrefix(word, below.Name())):
			found = append(found, near{below.CommandPath(), 0})
		case d <= (len(word)+1)/4:
			found = append(found, near{below.CommandPath(), d})
		}
	}
	return nearest(found)
}

// optionsNear lists the options of a command that the word may be misspelt for,
// the nearest first.
func optionsNear(c *cobra.Command, word string) []string {
	var found []near
	word = strings.ToLower(word)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := guide.Distance(word, f.Name); !f.Hidden && d <= (len(word)+1)/4 {
			found = append(found, near{"--" + f.Name, d})
		}
	})
	options := nearest(found)
	return options[:min(len(options), mostSuggestions)]
}

// near is a name that a misspelt word may stand for, and in how many letters
// they differ.
type near struct {
	name     string
	distance int
}

// nearest lists the names, the nearest first.
func nearest(found []near) (names []string) {
	slices.SortStableFunc(found, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	for _, n := range found {
		names = append(names, n.name)
	}
	return names
}

// namesAnywhere lists the commands and topics of exactly this name.
func namesAnywhere(c *cobra.Command, word string) (paths []string) {
	for _, below := range c.Commands() {
		if below.Name() == strings.ToLower(word) {
			paths = append(paths, below.CommandPath())
		}
		paths = append(paths, namesAnywhere(below, word)...)
	}
	return paths
}

// described lists the commands with the word in their description.
func described(root *cobra.Command, word string) (paths []string) {
	if len(word) < 4 { // two Japanese characters have six bytes
		return nil
	}
	for _, c := range commandsBelow(root) {
		if c != root && !IsTopic(c) && c.IsAvailableCommand() && strings.Contains(strings.ToLower(c.Short), strings.ToLower(word)) {
			paths = append(paths, c.CommandPath())
		}
	}
	return paths
}
