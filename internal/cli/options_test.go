package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestGroupsNameTheirFlags shows that a flag that a help shows only in the line
// of its group is named there and explained under jpki help options.
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

// TestRefusedValues shows that the error for a refused value of an option lists
// the accepted ones.
func TestRefusedValues(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
		kinds := map[string]bool{}
		for _, c := range append(commandsBelow(Tree(lang)), Tree(lang)) {
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if err := f.Value.Set("%"); err != nil && f.Name != "pin-stdin" {
					kinds[f.Value.Type()] = true
					if accepted(f.Value.Type(), "%").IsZero() {
						t.Errorf("%s --%s takes what is nowhere said", c.CommandPath(), f.Name)
					}
				}
			})
		}
		if len(kinds) < 4 {
			t.Errorf("only %v refuse a value", kinds)
		}
	}
	w := newWorld(t, "en")
	w.write("ca.pem", "")
	for line, want := range map[string]string{
		"status --card demo --wait 5":         "For 5 seconds write 5s. A duration has a unit: 30s, 5m or 1h.",
		"watch --interval soon":               "A duration has a unit: 30s, 5m or 1h.",
		"status --check --within month":       "30d",
		"pin verify auth --min-tries two":     "whole number",
		"sign a --force=maybe":                "takes no value",
		"sign a --format docx":                "cms, pdf, xmldsig, xades or raw",
		"sign a --profile docx":               "touki, koshonin, pades, etax or egov",
		"sign a --form docx":                  "enveloped, enveloping or detached",
		"sign a --digest md5":                 "sha256, sha384 or sha512",
		"sign a --key other":                  "sign or auth",
		"sign a.pdf --visible=middle":         "last,top-right",
		"sign a --format raw --digest-hex xy": "hexadecimal",
		"status --card other":                 "demo or demo:NAME",
		"status --card demo:nobody":           "adult, expiring",
		"status --lang fr":                    "ja or en",
		"status --color red":                  "auto, always or never",
		"cert export --format txt":            "pem or der",
		"cert show nothing":                   "sign, auth, sign-ca or auth-ca",
		"cert check --at tomorrow":            "2029-11-03",
		"verify a --trust me":                 "demo",
		"verify a --ocsp ftp://x":             "http:// or https://, or aia",
		"verify a --profile pades":            "touki or koshonin",
		"verify a --key-usage all":            "document or any",
		"timestamp a --tsa ftp://x":           "http:// or https://",
		"pkcs11 --ask never":                  "signature, login or program",
		"pkcs11 --key both":                   "auth or sign",
		"calendar --remind soon":              "30d",
		"completion tcsh":                     "bash",
	} {
		if exit, out := w.run(line, ""); exit != 2 || !strings.Contains(out, want) {
			t.Errorf("%s: exit %d, no %q in\n%s", line, exit, want, out)
		}
	}
}
