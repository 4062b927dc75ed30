package logincmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/sshagent"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/unlock"
)

type agentOptions struct {
	unlock       unlock.Options
	socket       string
	proxy        string
	cache        time.Duration
	confirm      bool
	forward      bool
	destinations []string
	knownHosts   []string
}

func newSSHAgent(a *command.App) *cobra.Command {
	var opt agentOptions
	cmd := a.New(command.Spec{
		Use:   "agent",
		Short: text{JA: "SSHエージェントを動かす", EN: "run an SSH agent"},
		Long: text{
			JA: "カードの鍵のSSHエージェントを動かします。Ctrl-Cで終わります(0)。ソケットの場所を SSH_AUTH_SOCK の行で標準出力に" +
				"書きます。sshの設定では IdentityAgent で指定できます(jpki help login)。\n\n" +
				"署名を求められるたびに、残り回数を表示して暗証番号を尋ねます。尋ねる場所は、動かした端末か --pinentry のウィンドウです。端末では、" +
				"Ctrl-Dで断れます。保持するのは --cache の間だけで、カードが離れたり残り回数が変わったりすると破棄します。\n" +
				"残り1回のときに、尋ねずに暗証番号を送ることはありません。\n\n" +
				"--proxy のエージェントの鍵は、カードの鍵と並べて見せ、署名も鍵の追加や削除もそのエージェントに任せます。ssh-add -x は" +
				"このエージェントだけをロックし、その間はどの鍵も使えません。\n\n" +
				"カードの鍵で署名するのはSSHのログインとSSHSIG(git、ssh-keygen -Y)だけで、方式は rsa-sha2-256 と rsa-sha2-512 です。ほかの" +
				"データは、別の仕組みのログインかもしれないので断ります。\n\n" +
				"別のマシンから転送された接続(ssh -A)には、--forward か --destination がなければ応じません。接続先のマシンの管理者が、" +
				"あなたとしてログインできるためです。--destination を付けると、known_hosts の鍵で確かめた接続先にだけログインできます:\n" +
				"  --destination a.example.jp\n" +
				"      ここからこのサーバーへ\n" +
				"  --destination 'a.example.jp>alice@b.example.jp'\n" +
				"      そこに転送して、さらに b へ、alice として\n" +
				"確かめられるのはOpenSSH 8.9以降からの接続だけです。それより古いsshの転送は、見分けられません。",
			EN: "Runs an SSH agent for the card's key until Ctrl-C (which ends it with 0). The place of its socket goes to standard " +
				"output, as a line that sets SSH_AUTH_SOCK; in ssh's settings, IdentityAgent names it (jpki help login).\n\n" +
				"For each signature it shows the tries left and asks for the PIN: on the terminal it was started from, where Ctrl-D " +
				"declines, or in the window of --pinentry. It keeps the PIN only as long as --cache says, and forgets it when the card " +
				"goes or the tries change. A last try is never sent without asking.\n\n" +
				"The keys of the agent of --proxy are shown beside the card's; that agent signs with them, and keys are added and removed " +
				"there. ssh-add -x locks this agent alone, through which no key can be used then.\n\n" +
				"With the card's key it signs SSH log-ins and SSHSIG (git, ssh-keygen -Y) with rsa-sha2-256 and rsa-sha2-512, and nothing else: other data " +
				"could be the log-in of another protocol.\n\n" +
				"Connections forwarded from another machine (ssh -A) are refused without --forward or --destination: whoever runs that " +
				"machine could log in as you. With --destination, log-ins pass only to hosts proved by their keys in known_hosts:\n" +
				"  --destination a.example.jp\n" +
				"      from here to this server\n" +
				"  --destination 'a.example.jp>alice@b.example.jp'\n" +
				"      forwarded there, on to b as alice\n" +
				"This can be told of OpenSSH 8.9 and later only: a forwarding by an older ssh looks like a connection from here.",
		},
		Examples: []command.Example{
			{Line: "jpki ssh agent", About: text{JA: "この端末で暗証番号を尋ねる", EN: "ask for the PIN on this terminal"}},
			{Line: "jpki ssh agent --pinentry pinentry-gnome3 &", About: text{JA: "バックグラウンドで動かし、ウィンドウで尋ねる", EN: "in the background, asking in a window"}},
			{Line: `jpki ssh agent --proxy "$SSH_AUTH_SOCK"`, About: text{JA: "今までのエージェントの鍵も一緒に使う", EN: "beside the keys of the agent that is there"}},
			{Line: "jpki ssh agent --cache 10m --confirm", About: text{JA: "暗証番号を10分間保持し、使うたびに確かめる", EN: "keep the PIN for 10 minutes, but ask before each use"}},
		},
		Args: a.NoArgs(),
		Run:  func(ctx context.Context, _ []string) error { return runSSHAgent(ctx, a, &opt) },
	})
	a.AddUnlockFlags(cmd, &opt.unlock)
	f := cmd.Flags()
	for _, useless := range []string{"pin-stdin", "pin-fd", "pin-exact", "allow-last-try"} {
		f.Lookup(useless).Hidden = true // their use gets an explanation
	}
	f.StringVar(&opt.socket, "socket", "", a.IO.Text(text{JA: "ソケットかパイプの`PATH`", EN: "`PATH` of the socket, or the pipe"}))
	f.StringVar(&opt.proxy, "proxy", "", a.IO.Text(text{JA: "ほかのエージェントの`SOCKET`。その鍵も一緒に使う", EN: "`SOCKET` of another agent, whose keys are used, too"}))
	f.DurationVar(&opt.cache, "cache", 0, a.IO.Text(text{JA: "暗証番号を保持する時間`DUR`(省略時は保持しない)", EN: "keep the PIN for `DUR` (not at all if not given)"}))
	f.BoolVar(&opt.confirm, "confirm", false, a.IO.Text(text{JA: "暗証番号を尋ねないときも、使うたびに確かめる", EN: "ask before each use, also where no PIN is asked for"}))
	f.BoolVar(&opt.forward, "forward", false, a.IO.Text(text{JA: "転送された接続からのログインも許す", EN: "let forwarded connections log in too"}))
	f.StringArrayVar(&opt.destinations, "destination", nil, a.IO.Text(text{JA: "ログインしてよい先`HOST`、[HOST>][USER@]HOST の形(いくつでも)", EN: "a `HOST` that may be logged in to: [HOST>][USER@]HOST, any number of them"}))
	f.StringArrayVar(&opt.knownHosts, "known-hosts", nil, a.IO.Text(text{JA: "known_hosts の代わりに使う`FILE`(いくつでも)", EN: "`FILE` to use instead of known_hosts, any number of them"}))
	return cmd
}

func runSSHAgent(ctx context.Context, a *command.App, opt *agentOptions) error {
	agent, err := newAgent(ctx, a, opt)
	if err != nil {
		return err
	}
	defer agent.Card.Forget()
	path := opt.socket
	if path == "" {
		path = sshagent.DefaultPath(a.Env.Getenv)
	}
	if runtime.GOOS != "windows" {
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
	}
	if opt.proxy != "" {
		if sameSocket(opt.proxy, path) {
			return problem.Misuse(text{JA: "--proxy にこのエージェント自身のソケットは使えません。", EN: "--proxy cannot be this agent's own socket."}).
				WithNext(text{JA: "ほかのエージェントのソケットを指定してください。", EN: "Name the socket of another agent."})
		}
		agent.Other = sshagent.To(opt.proxy)
		if other, err := agent.Other(ctx); err != nil {
			a.IO.Note(text{JA: "--proxy のエージェントは今は応答しません: %s", EN: "The agent of --proxy does not answer now: %s"}.With(err.Error()))
		} else {
			other.Close()
		}
	}
	l, err := sshagent.Listen(path)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := showSocket(a, path); err != nil {
		return err
	}
	a.IO.Note(text{JA: "エージェントを始めました。Ctrl-Cで終わります。", EN: "The agent is running. Ctrl-C ends it."})
	return agent.Serve(ctx, l) // nil if it was stopped: it has no other way to end
}

// sameSocket reports two names of one socket.
func sameSocket(a, b string) bool {
	if a == b {
		return true
	}
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// newAgent checks all that can be checked before anybody asks for a signature.
func newAgent(ctx context.Context, a *command.App, opt *agentOptions) (*sshagent.Agent, error) {
	if opt.cache < 0 {
		return nil, problem.Misuse(text{JA: "--cache は0以上です。", EN: "--cache is not negative."})
	}
	if opt.forward && len(opt.destinations) > 0 {
		return nil, problem.Misuse(text{JA: "--forward と --destination は同時に使えません。", EN: "--forward and --destination exclude each other."}).
			WithNext(text{JA: "転送してよい先は --destination 'HOST>HOST' で書けます。", EN: "--destination 'HOST>HOST' says where forwarding may lead."})
	}
	if opt.unlock.AllowLastTry {
		return nil, problem.Misuse(text{JA: "ssh agent に --allow-last-try はありません。", EN: "ssh agent has no --allow-last-try."}).
			WithNext(text{JA: "残り1回のときは、そのつど尋ねます。", EN: "With one try left it asks each time."})
	}
	if err := checkAgentSource(a, opt); err != nil {
		return nil, err
	}
	hosts := knownHosts(a, opt.knownHosts)
	agent := &sshagent.Agent{Comment: keyComment(a), Policy: sshagent.Policy{Forward: opt.forward}, Report: newReporter(a)}
	for _, s := range opt.destinations {
		d, err := sshagent.ParseDestination(s, hosts)
		if err != nil {
			return nil, destinationProblem(s, hosts, err)
		}
		agent.Policy.Destinations = append(agent.Policy.Destinations, d)
	}
	card := &agentCard{cards: a.Cards, opt: opt, hosts: hosts, report: agent.Report}
	agent.Card = card
	if _, err := card.Key(ctx); err != nil {
		p := explain.Error(err)
		if p.Code == problem.Usage || ctx.Err() != nil {
			return nil, err
		}
		a.IO.Note(text{JA: "今はカードを使えません: %s", EN: "The card cannot be used now: %s"}.With(p.What))
	}
	return agent, nil
}

// checkAgentSource requires a source that gives the PIN repeatedly, or else a
// way to ask the person.
func checkAgentSource(a *command.App, opt *agentOptions) error {
	u, err := unlock.New(a.Cards, &opt.unlock, false)
	if err != nil {
		return noPlaceToAsk(err)
	}
	defer u.Close()
	switch kind := u.Sources.CurrentKind(); {
	case kind == pin.Stdin || kind == pin.Descriptor:
		return problem.Misuse(text{JA: "%sは暗証番号を1回しか渡せないので、エージェントでは使えません。", EN: "%s gives the PIN only once, which is not enough for an agent."}.With(kind)).
			WithNext(text{JA: "--pinentry、--pin-command、--pin-file、--pin-credential のどれかを使ってください。", EN: "Use --pinentry, --pin-command, --pin-file or --pin-credential."})
	case opt.confirm && !kind.Interactive() && u.Terminal == nil:
		return problem.Misuse(text{JA: "--confirm で尋ねる端末がありません。", EN: "There is no terminal to ask on, as --confirm wants it."}).
			WithNext(text{JA: "端末で動かすか、--pinentry を使ってください。", EN: "Run this on a terminal, or use --pinentry."})
	}
	return nil
}

// noPlaceToAsk explains the lack of a terminal, if that is the error.
func noPlaceToAsk(err error) error {
	if !errors.Is(err, pin.ErrNoSource) {
		return err
	}
	return problem.New(problem.NoTerminal,
		text{JA: "暗証番号を尋ねる端末がありません。", EN: "There is no terminal to ask for the PIN on."},
		text{JA: "--pinentry で尋ねるウィンドウのプログラムを指定してください(jpki help login)。", EN: "Name a window to ask in with --pinentry (jpki help login)."}).Because(err)
}

// knownHosts are the files in which ssh keeps the keys of servers, as far as
// there are any.
func knownHosts(a *command.App, named []string) (files []string) {
	if len(named) > 0 {
		return named
	}
	for _, name := range []string{"known_hosts", "known_hosts2"} {
		if home := a.Env.Getenv(homeVariable); home != "" {
			files = append(files, filepath.Join(home, ".ssh", name))
		}
		files = append(files, filepath.Join(systemSSH(a.Env.Getenv), "ssh_"+name))
	}
	var there []string
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			there = append(there, f)
		}
	}
	return there
}

func destinationProblem(s string, files []string, err error) error {
	switch {
	case errors.Is(err, sshagent.ErrSyntax):
		return problem.Misuse(text{JA: "--destination の値「%s」は使えません。", EN: "--destination cannot be %q."}.With(s)).
			WithNext(text{JA: "[HOST>][USER@]HOST の形で、ポートは [HOST]:PORT と書きます。", EN: "It is [HOST>][USER@]HOST, with a port as [HOST]:PORT."})
	case errors.Is(err, sshagent.ErrUnknownHost):
		return problem.New(problem.Input,
			text{JA: "「%s」のホスト鍵が known_hosts にありません。", EN: "There is no host key for %q in known_hosts."}.With(s),
			text{JA: "一度sshでつないで鍵を登録するか、--known-hosts でファイルを指定してください。", EN: "Connect once with ssh to have it, or name a file with --known-hosts."}).Because(err)
	}
	return problem.New(problem.Input,
		text{JA: "known_hosts(%s)を読めません。\n詳細: %s", EN: "Cannot read known_hosts (%s): %s"}.With(strings.Join(files, ", "), err.Error()),
		text{JA: "その行を直すか、--known-hosts で別のファイルを指定してください。", EN: "Mend that line, or name another file with --known-hosts."}).Because(err)
}

// socketJSON is jpki.ssh-agent/v1.
type socketJSON struct {
	Schema string `json:"schema"`
	Socket string `json:"socket"`
}

// showSocket writes where the agent listens. A shell's $(...) ends only when
// standard output is closed.
func showSocket(a *command.App, path string) error {
	if a.JSON {
		if err := a.IO.JSON(socketJSON{"jpki.ssh-agent/v1", path}); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintln(a.IO.Out, socketLine(path)); err != nil {
		return err
	}
	if out, ok := a.IO.Out.(*ui.Output); ok && !ui.IsTerminal(out) {
		return out.Close()
	}
	return nil
}

// newReporter returns a function that tells the person why nothing was signed.
func newReporter(a *command.App) func(error) {
	var mu sync.Mutex
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		a.Report(explain.Error(err))
	}
}
