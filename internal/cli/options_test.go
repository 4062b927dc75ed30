package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestGroupsNameTheirFlags: a flag that a help has only in the line of its group
// is named there, and explained under jpki help options.
func TestGroupsNameTheirFlags(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		root := Tree(lang)
		explained := optionsTopic(root).In(lang)
		grouped := 0
		for _, c := range commandsBelow(root) {
			for _, g := range command.FlagGroups {
				var patterns []string
				for _, name := range regexp.MustCompile(`--[a-z-]+\*?`).FindAllString(g.Line.In(lang), -1) {
					patterns = append(patterns, strings.ReplaceAll(name, "*", ".*"))
				}
				named := regexp.MustCompile(`^(` + strings.Join(patterns, "|") + `)$`)
				g.Of(c.LocalFlags()).VisitAll(func(f *pflag.Flag) {
					grouped++
					if !named.MatchString("--" + f.Name) {
						t.Errorf("%s: --%s of %s is not in %q", lang, f.Name, c.CommandPath(), g.Line.In(lang))
					}
					if !strings.Contains(explained, " --"+f.Name+" ") {
						t.Errorf("%s: --%s of %s is not explained", lang, f.Name, c.CommandPath())
					}
				})
			}
		}
		if grouped < 40 {
			t.Errorf("%s: %d flags are in groups", lang, grouped)
		}
	}
}
