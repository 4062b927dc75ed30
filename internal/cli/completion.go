package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (a *app) newCompletion() *cobra.Command {
	cmd := a.command(command{
		use:   "completion bash|zsh|fish|powershell",
		short: text{JA: "シェルの補完スクリプトを出力する", EN: "write a shell's completion script"},
		examples: []example{
			{"source <(jpki completion bash)", text{JA: "bashで今すぐ使う", EN: "use it in bash at once"}},
			{"jpki completion zsh > \"${fpath[1]}/_jpki\"", text{JA: "zshでいつも使う", EN: "use it in zsh always"}},
		},
	})
	cmd.ValidArgs = shells
	cmd.Args = a.argCount(1, 1, text{JA: "シェルの名前(bash、zsh、fish、powershell)を1つ指定してください。", EN: "Name one shell: bash, zsh, fish or powershell."})
	cmd.RunE = func(c *cobra.Command, args []string) error {
		root, out := c.Root(), a.io.Out
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
		return usage(text{JA: "「%s」の補完はありません。", EN: "There is no completion for %q."}.With(args[0])).
			next(text{JA: "使えるもの: bash、zsh、fish、powershell", EN: "There are: bash, zsh, fish, powershell"})
	}
	return cmd
}

// completeFlags has the shell offer what the global flags take.
func (a *app) completeFlags(root *cobra.Command) {
	offer := func(flag string, values func() []string) {
		err := root.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // the flag is misspelt here
		}
	}
	offer("reader", readerNames)
	offer("card", func() []string {
		names := []string{"demo"}
		for _, p := range virtualcard.Personas() {
			names = append(names, "demo:"+p.Name)
		}
		return names
	})
	offer("lang", func() []string { return []string{"ja", "en"} })
	offer("color", func() []string { return []string{"auto", "always", "never"} })
}

// readerNames lists the readers; none where there is no service.
func readerNames() (names []string) {
	pc, err := pcsc.Establish()
	if err != nil {
		return nil
	}
	defer pc.Close()
	readers, err := pc.Readers()
	if err != nil {
		return nil
	}
	for _, r := range readers {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}
