package cardcmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/watch"
)

const (
	// eventLimit is how long the command may take for one event.
	eventLimit = time.Minute
	// eventGrace is how long it has to end once it is told to.
	eventGrace = 500 * time.Millisecond
	// maxEvents bounds the events that wait for the command.
	maxEvents = 200
)

// eventRunner runs the command of --exec for one event after the other.
type eventRunner struct {
	a     *command.App
	line  []string // the command; none if empty
	view  *watchView
	limit time.Duration // for one event
	queue chan watch.Event
	ended chan struct{}
}

// newEventRunner starts to run the command for the events that will come. When
// ctx ends, so does the command.
func newEventRunner(ctx context.Context, a *command.App, line []string, view *watchView) *eventRunner {
	r := &eventRunner{a: a, line: line, view: view, limit: eventLimit, queue: make(chan watch.Event, maxEvents), ended: make(chan struct{})}
	go r.work(ctx)
	return r
}

func (r *eventRunner) work(ctx context.Context) {
	defer close(r.ended)
	for e := range r.queue {
		if ctx.Err() != nil {
			continue
		}
		if err := r.run(ctx, e); err != nil && ctx.Err() == nil {
			r.view.complain(text{JA: "--exec のコマンドが失敗しました(%s)。\n詳細: %s", EN: "The command of --exec failed (%s): %s"}.With(e.Kind, err.Error()))
		}
	}
}

// add has the command run for an event, once those before are done.
func (r *eventRunner) add(e watch.Event) {
	if len(r.line) == 0 {
		return
	}
	select {
	case r.queue <- e:
	default:
		r.view.complain(text{JA: "--exec のコマンドが追いつかないので、イベントを飛ばしました(%s)。", EN: "The command of --exec is too slow: an event was left out (%s)."}.With(e.Kind))
	}
}

// finish waits until the command has run for all events.
func (r *eventRunner) finish() {
	close(r.queue)
	<-r.ended
}

func (r *eventRunner) run(ctx context.Context, e watch.Event) error {
	ctx, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	var stdin bytes.Buffer
	if err := ui.WriteJSONLine(&stdin, eventDocument(r.a, e)); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, r.line[0], r.line[1:]...)
	cmd.Stdin = &stdin
	if r.view.screen == nil {
		cmd.Stdout, cmd.Stderr = r.a.IO.Err, r.a.IO.Err // Out is for the events
	}
	cmd.Env = append(withoutEvent(os.Environ()), eventVariables(r.a, e)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = eventGrace
	err := cmd.Run()
	if ctx.Err() == context.DeadlineExceeded {
		return ctx.Err()
	}
	return err
}

// eventVariables are the variables of a command. Those that an event does not
// have are not set.
func eventVariables(a *command.App, e watch.Event) (set []string) {
	add := func(name string, value any) { set = append(set, fmt.Sprintf("%s=%v", name, value)) }
	doc := eventDocument(a, e)
	add("JPKI_EVENT", doc.Event)
	add("JPKI_TIME", doc.Time)
	add("JPKI_MESSAGE", doc.Message)
	if doc.Reader != "" {
		add("JPKI_READER", strings.ReplaceAll(doc.Reader, "\x00", ""))
	}
	if p := doc.PIN; p != nil {
		add("JPKI_PIN", p.Key)
		add("JPKI_TRIES_LEFT", p.Left)
		add("JPKI_TRIES_BEFORE", p.Before)
		add("JPKI_SINCE", p.Since)
	}
	if c := doc.Changed; c != nil {
		add("JPKI_CERTIFICATE", c.Kind)
		add("JPKI_STATE", c.State)
	}
	if doc.Error != nil {
		add("JPKI_ERROR", doc.Error.Code)
	}
	if doc.Card != nil {
		for _, c := range doc.Card.Certificates {
			if c.DaysLeft != nil {
				add("JPKI_"+strings.ToUpper(c.Kind)+"_DAYS_LEFT", *c.DaysLeft)
			}
		}
		for _, p := range doc.Card.PINs {
			if p.Left != nil {
				add("JPKI_"+strings.ToUpper(p.Key)+"_TRIES", *p.Left)
			}
		}
	}
	return set
}

// variable is one that [app.eventVariables] can set.
type variable struct {
	name string
	what text
}

var variables = []variable{
	{"JPKI_EVENT", text{JA: "イベントの名前", EN: "name of the event"}},
	{"JPKI_TIME", text{JA: "時刻(RFC 3339)", EN: "time (RFC 3339)"}},
	{"JPKI_MESSAGE", text{JA: "イベントを表す文", EN: "the event as a sentence"}},
	{"JPKI_READER", text{JA: "カードリーダーの名前", EN: "name of the reader"}},
	{"JPKI_SIGN_TRIES", text{JA: "署名用パスワードの残り回数(card-read)", EN: "tries left of the signing password (card-read)"}},
	{"JPKI_AUTH_TRIES", text{JA: "利用者証明用パスワードの残り回数(card-read)", EN: "tries left of the authentication PIN (card-read)"}},
	{"JPKI_AUTH_DAYS_LEFT", text{JA: "利用者証明用電子証明書の残り日数(card-read)", EN: "days left of the user-authentication certificate (card-read)"}},
	{"JPKI_PIN", text{JA: "sign か auth: 残り回数が変わった暗証番号", EN: "sign or auth: the PIN whose tries changed"}},
	{"JPKI_TRIES_LEFT", text{JA: "その今の残り回数", EN: "its tries left now"}},
	{"JPKI_TRIES_BEFORE", text{JA: "その前の残り回数", EN: "its tries before"}},
	{"JPKI_SINCE", text{JA: "前の回数を見た時刻", EN: "when those were seen"}},
	{"JPKI_CERTIFICATE", text{JA: "sign か auth: 変わった証明書(certificate-changed)", EN: "sign or auth: the certificate that changed"}},
	{"JPKI_STATE", text{JA: "その状態: renewal-open、expired など", EN: "its state: renewal-open, expired, ..."}},
	{"JPKI_ERROR", text{JA: "エラーのcode(card-unreadable、service-lost)", EN: "code of the error (card-unreadable, service-lost)"}},
}

func VariableTable(say func(text) string) string {
	var rows [][]string
	for _, v := range variables {
		rows = append(rows, []string{v.name, say(v.what)})
	}
	return ui.Table(2, nil, rows)
}

// withoutEvent leaves out the variables of another watch that runs this one.
func withoutEvent(environ []string) (kept []string) {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(variables, func(v variable) bool { return v.name == name }) {
			kept = append(kept, entry)
		}
	}
	return kept
}
