package cli

import (
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/problem"
)

// check prints what there is to do in one line, and says by the exit status
// whether that is anything.
func (a *app) check(opt *statusOptions, s inspect.Card) error {
	var lines []text
	for _, f := range s.Findings() {
		soon := f.Code != inspect.FindRenewalOpen || opt.within < 0 || f.Days <= int(opt.within)
		if f.Code != "" && soon {
			lines = append(lines, f.Line)
		}
	}
	if len(lines) == 0 {
		return s.Undecided()
	}
	if a.json {
		if err := a.io.JSON(statusDocument(a.io, s)); err != nil {
			return err
		}
	} else {
		a.io.Say(i18n.Join(text{EN: " "}, lines...))
	}
	return problem.Quiet(problem.Attention)
}
