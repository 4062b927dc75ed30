package signcmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/printable"
)

var answerTexts = map[pdfsig.Answer]text{
	pdfsig.Met:       {JA: "適合", EN: "ok"},
	pdfsig.NotMet:    {JA: "不適合", EN: "NOT OK"},
	pdfsig.CannotSay: {JA: "判定不可", EN: "cannot say"},
}

var answerTones = map[pdfsig.Answer]ui.Tone{pdfsig.Met: ui.Good, pdfsig.NotMet: ui.Bad, pdfsig.CannotSay: ui.Warn}

// writeChecklist writes the list, and below it the next steps.
func writeChecklist(o *ui.IO, w io.Writer, p checklist.Profile, s judging.SignatureVerdict, indent int) {
	margin := strings.Repeat(" ", indent)
	var rows [][]string
	var todo []string
	for _, r := range s.Checklist {
		what := o.Text(terms.Capital(r.What))
		if r.Found != "" && r.Answer != pdfsig.Met {
			what += o.Text(text{JA: ": 今は %s", EN: ": it is %s"}.With(printable.Line(r.Found)))
		}
		rows = append(rows, []string{o.Paint(answerTones[r.Answer], o.Text(answerTexts[r.Answer])), what})
		if r.Answer != pdfsig.Met {
			line := o.Text(text{JA: "%s: %s", EN: "%s: %s"}.With(terms.Capital(r.What), r.Todo))
			todo = append(todo, margin+"  "+ui.Wrap(line, o.Width()-indent-4, margin+"    "))
		}
	}
	fmt.Fprintf(w, "\n%s%s\n%s", margin, o.Text(p.Title()), o.Rows(indent+2, rows))
	if s.SavedAgain {
		fmt.Fprintf(w, "%s  %s\n", margin, ui.Wrap(o.Text(text{
			JA: "このため、ほかの項目は確かめられません。",
			EN: "Because of this the other items cannot be checked.",
		}), o.Width()-indent-2, margin+"  "))
	}
	if len(todo) > 0 {
		fmt.Fprintf(w, "\n%s%s\n%s\n", margin, o.Text(text{JA: "適合でない項目ですること", EN: "What to do about the rest"}), strings.Join(todo, "\n"))
	}
	fmt.Fprintf(w, "\n%s%s\n", margin, ui.Wrap(o.Text(checklist.AcceptanceUnverified), o.Width()-indent, margin))
}
