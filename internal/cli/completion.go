package cli

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/jpki-tools/jpki/internal/cli/schema"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/signcmd"
	"github.com/jpki-tools/jpki/internal/signing"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion(a *command.App) *cobra.Command {
	cmd := a.New(command.Spec{
		Use:   "completion bash|zsh|fish|powershell",
		Short: text{JA: "シェルの補完スクリプトを出力する", EN: "write a shell's completion script"},
		Examples: []command.Example{
			{Line: "source <(jpki completion bash)", About: text{JA: "bashで今すぐ使う", EN: "use it in bash at once"}},
			{Line: "jpki completion zsh > \"${fpath[1]}/_jpki\"", About: text{JA: "zshでいつも使う", EN: "use it in zsh always"}},
			{Line: "jpki completion fish > ~/.config/fish/completions/jpki.fish", About: text{JA: "fishでいつも使う", EN: "use it in fish always"}},
			{Line: "jpki completion powershell | Out-String | Invoke-Expression", About: text{JA: "PowerShellで今すぐ使う", EN: "use it in PowerShell at once"}},
		},
	})
	cmd.Args = a.ArgCount(1, 1, text{JA: "シェルの名前(bash、zsh、fish、powershell)を1つ指定してください。", EN: "Name one shell: bash, zsh, fish or powershell."})
	cmd.RunE = func(c *cobra.Command, args []string) error {
		root, out := c.Root(), a.IO.Out
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(out, true)
		case "zsh":
			return root.GenZshCompletion(out)
		case "fish":
			return root.GenFishCompletion(out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(out)
		}
		return problem.Misuse(text{JA: "「%s」の補完はありません。", EN: "There is no completion for %q."}.With(args[0])).
			WithNext(text{JA: "使えるもの: bash、zsh、fish、powershell", EN: "There are: bash, zsh, fish, powershell"})
	}
	return cmd
}

// offer is the list of completions for a flag or an argument: names, some with
// a description after a tab. With orFile the shell also offers files.
type offer struct {
	words  func() []string
	orFile bool
}

func these(words ...string) offer { return offer{words: func() []string { return words }} }

func (o offer) complete(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
	if o.orFile {
		return o.words(), cobra.ShellCompDirectiveDefault
	}
	return o.words(), cobra.ShellCompDirectiveNoFileComp
}

// completionsOf returns the completions by command for arguments, and by
// command and flag for flags. All others take a file or free text; the name of
// the value in the help tells which.
func completionsOf(a *command.App, root *cobra.Command) map[string]offer {
	kinds := offer{words: func() []string { return kindWords(a) }}
	keys := these("sign\t"+a.IO.Text(terms.PINNames[jpki.KeySign]), "auth\t"+a.IO.Text(terms.PINNames[jpki.KeyAuth]))
	demoCA := these("demo\t" + a.IO.Text(text{JA: "デモカードの認証局", EN: "the CA of the demo cards"}))
	return map[string]offer{
		"jpki --card":     {words: func() []string { return cardWords(a) }},
		"jpki --reader":   {words: readerNames},
		"jpki --lang":     these("ja\t日本語", "en\tEnglish"),
		"jpki --color":    these("auto", "always", "never"),
		"jpki --wait":     these("10s", "30s", "1m"),
		"jpki completion": these(shells...),
		"jpki help":       {words: func() []string { return commandWords(root) }},
		"jpki help json":  {words: schema.Names},
		"jpki guide":      {words: func() []string { return guideWords(a) }},

		"jpki cert show":            {words: kinds.words, orFile: true},
		"jpki cert check":           {words: kinds.words, orFile: true},
		"jpki cert check --ocsp":    these("aia"),
		"jpki cert check --trust":   demoCA,
		"jpki ca show":              {words: func() []string { return signcmd.CaWords(a, false) }, orFile: true},
		"jpki ca remove":            {words: func() []string { return signcmd.CaWords(a, true) }},
		"jpki cert export":          kinds,
		"jpki cert export --format": these("pem", "der"),
		"jpki pin verify":           keys,
		"jpki pin change":           keys,
		"jpki sign --format":        {words: signing.FormatNames},
		"jpki sign --profile":       {words: signing.ProfileNames},
		"jpki sign --digest":        {words: func() []string { return slices.Sorted(maps.Keys(signing.Digests)) }},
		"jpki sign --form":          {words: signing.FormNames},
		"jpki sign --visible":       these("last", "1", "last,top-right", "last,top-left", "last,bottom-left"),
		"jpki sign --key":           these("sign", "auth"),
		"jpki verify --profile":     these("touki", "koshonin"),
		"jpki verify --key-usage":   these("document", "any"),
		"jpki verify --ocsp":        these("aia"),
		"jpki verify --trust":       demoCA,
		"jpki status --within":      these("14d", "30d", "60d", "90d"),
		"jpki watch --interval":     these("10s", "1m", "10m", "0"),
		"jpki pkcs11 --key":         keys,
		"jpki pkcs11 --ask":         these("signature", "login", "program"),
		"jpki pkcs11 setup --key":   keys,
		"jpki pkcs11 setup --ask":   these("signature", "login", "program"),
		"jpki demo serve --persona": {words: func() []string { return personaWords(a) }},
		"jpki demo serve --address": these(virtualcard.DefaultAddr),
		"jpki demo reset":           {words: func() []string { return personaWords(a) }},
	}
}

// completeAll registers the completions of all commands and flags.
func completeAll(a *command.App, root *cobra.Command) {
	for path, o := range completionsOf(a, root) {
		path, flag, isFlag := strings.Cut(path, " --")
		c, rest, err := root.Find(strings.Fields(path)[1:])
		if err != nil || len(rest) > 0 {
			panic("no command " + path)
		}
		if !isFlag {
			c.ValidArgsFunction = o.once
		} else if err := c.RegisterFlagCompletionFunc(flag, o.complete); err != nil {
			panic(err) // the flag is misspelt here
		}
	}
	for _, c := range commandsBelow(root) {
		if c.ValidArgsFunction == nil && !strings.Contains(c.Use, "FILE") {
			c.ValidArgsFunction = these().once
		}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			f.Usage = usage // a shell shows it as it is
			if _, known := c.GetFlagCompletionFunc(f.Name); known {
				return
			}
			switch value {
			case "FILE", "PATH", "CMD", "PROGRAM":
			case "DIR":
				_ = c.MarkFlagDirname(f.Name)
			default:
				_ = c.RegisterFlagCompletionFunc(f.Name, these().complete)
			}
		})
	}
}

// once offers the words for the first argument only: no command takes two.
func (o offer) once(c *cobra.Command, given []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(given) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return o.complete(c, given, word)
}

// commandsBelow lists a command and all below it.
func commandsBelow(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, below := range c.Commands() {
		all = append(all, commandsBelow(below)...)
	}
	return all
}

// commandWords are the commands that help can be asked about. The topics are
// below the help command, where cobra finds them; one hides the command of the
// same name.
func commandWords(root *cobra.Command) (words []string) {
	topics := map[string]bool{}
	for _, c := range commandsBelow(root) {
		topics[c.Name()] = topics[c.Name()] || IsTopic(c)
	}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && !topics[c.Name()] {
			words = append(words, c.Name()+"\t"+c.Short)
		}
	}
	return words
}

func kindWords(a *command.App) (words []string) {
	for _, k := range jpki.Kinds() {
		words = append(words, k.String()+"\t"+a.IO.Text(terms.CertificateNames[k]))
	}
	return words
}

func personaWords(a *command.App) (words []string) {
	for _, p := range virtualcard.Personas() {
		words = append(words, p.Name+"\t"+a.IO.Text(personaTexts[p.Name]))
	}
	return words
}

func cardWords(a *command.App) []string {
	words := []string{"demo"}
	for _, w := range personaWords(a) {
		words = append(words, "demo:"+w)
	}
	return words
}

// readerNames lists the readers; it is empty without a service.
func readerNames() (names []string) {
	pc, err := pcsc.Establish(context.Background())
	if err != nil {
		return nil
	}
	defer pc.Close()
	readers, err := pc.Readers(context.Background())
	if err != nil {
		return nil
	}
	for _, r := range readers {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
