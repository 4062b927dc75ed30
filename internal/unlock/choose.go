package unlock

import (
	"context"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/pin"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/pkg/jpki"
)

// ChooseNew asks a person to type the new PIN twice. From other sources it
// reads the PIN once.
func (u *Unlocker) ChooseNew(ctx context.Context, k jpki.Key, current jpki.PIN) (jpki.PIN, error) {
	if !u.Sources.NewKind().Interactive() {
		return u.ReadPIN(ctx, k, u.Sources.New, pin.Ask{})
	}
	say := u.cards.IO.Text
	name := terms.PINNames[k]
	first := pin.Ask{
		Title:       say(text{JA: "新しい%s", EN: "New %s"}.With(name)),
		Description: say(text{JA: "新しい%s(%s)を入力してください。", EN: "Enter the new %s (%s)."}.With(name, terms.PINForms[k])),
		Prompt:      say(text{JA: "新しい%s: ", EN: "New %s: "}.With(name)),
		OK:          say(text{JA: "OK", EN: "OK"}), Cancel: say(text{JA: "キャンセル", EN: "Cancel"}),
	}
	again := first
	again.Description = say(text{JA: "新しい%sをもう一度入力してください。", EN: "Enter the new %s once more."}.With(name))
	again.Prompt = say(text{JA: "もう一度: ", EN: "Once more: "})
	var err error
	for range attempts {
		var p, q jpki.PIN
		if p, err = u.ReadPIN(ctx, k, u.Sources.New, first); err == nil {
			switch {
			case p.Equal(current):
				err = SamePIN(k)
			default:
				if q, err = u.Sources.New(ctx, again); err == nil {
					if k == jpki.KeySign && !u.Exact {
						q.UpperCase()
					}
					if p.Equal(q) {
						q.Wipe()
						return p, nil
					}
					err = problem.New(problem.PINRule,
						text{JA: "2回の入力が一致しません。何も変更していません。", EN: "The two entries differ. Nothing was changed."},
						text{JA: "新しい暗証番号を2回とも同じように入力してください。", EN: "Enter the new PIN the same way twice."})
				}
			}
		}
		p.Wipe()
		q.Wipe()
		if known, ok := problem.As(err); !notSent(err) && !(ok && known.Code == problem.PINRule) {
			return jpki.PIN{}, err
		}
		e := explain.Error(err)
		first.Error = say(text{JA: "%s%s", EN: "%s %s"}.With(e.What, e.Next))
	}
	return jpki.PIN{}, err
}

func SamePIN(k jpki.Key) error {
	return problem.New(problem.PINRule,
		text{JA: "新しい%sが現在のものと同じです。", EN: "The new %s is the current one."}.With(terms.PINNames[k]),
		text{JA: "別のものを選んでください。", EN: "Choose another one."})
}
