package command

import (
	"strings"

	"github.com/spf13/pflag"
)

// FlagGroup is a set of related flags. The help of a command has one paragraph
// for them, with a reference to the explanation of each.
type FlagGroup struct {
	name  string // in the annotation of a flag
	Title text
	Line  text // names the flags; --x-* stands for all that begin so
}

// The groups, in the order in which a help has them.
var (
	PINGroup = FlagGroup{"pin", text{JA: "暗証番号の渡し方", EN: "Ways to give the PIN"}, text{
		JA: "  暗証番号: --pin-*、--pinentry、--allow-last-try、--min-tries(jpki help pin)",
		EN: "  PIN: --pin-*, --pinentry, --allow-last-try, --min-tries (jpki help pin)",
	}}
	StampGroup = FlagGroup{"stamp", text{JA: "タイムスタンプ局", EN: "The timestamping authority"}, text{
		JA: "  タイムスタンプ局: --tsa-*(jpki help options)",
		EN: "  Timestamping authority: --tsa-* (jpki help options)",
	}}
	FormatGroup = FlagGroup{"format", text{JA: "署名の形式ごとのもの", EN: "For one format of signatures"}, text{
		JA: "  形式ごと: --attached --ca --cosign --digest --digest-hex --form --id --key --no-ca --pem --pss --stamp-font --with(jpki help options)",
		EN: "  Formats: --attached --ca --cosign --digest --digest-hex --form --id --key --no-ca --pem --pss --stamp-font --with (jpki help options)",
	}}
	FlagGroups = []FlagGroup{FormatGroup, StampGroup, PINGroup}
)

const groupMark = "jpki_group"

// Group puts flags that are there into a group.
func Group(f *pflag.FlagSet, g FlagGroup, names ...string) {
	for _, name := range names {
		if err := f.SetAnnotation(name, groupMark, []string{g.name}); err != nil {
			panic(err) // there is no such flag
		}
	}
}

// Of returns the flags of the group.
func (g FlagGroup) Of(f *pflag.FlagSet) *pflag.FlagSet {
	return some(f, func(flag *pflag.Flag) bool { return groupOf(flag) == g.name })
}

// Ungrouped returns the flags that are in no group.
func Ungrouped(f *pflag.FlagSet) *pflag.FlagSet {
	return some(f, func(flag *pflag.Flag) bool { return groupOf(flag) == "" })
}

func groupOf(f *pflag.Flag) string { return strings.Join(f.Annotations[groupMark], "") }

func some(f *pflag.FlagSet, wanted func(*pflag.Flag) bool) *pflag.FlagSet {
	found := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.VisitAll(func(flag *pflag.Flag) {
		if wanted(flag) && !flag.Hidden {
			found.AddFlag(flag)
		}
	})
	return found
}
