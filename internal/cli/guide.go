package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/guide"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/ui"
)

func newGuide(a *command.App) *cobra.Command {
	sources := false
	cmd := a.New(command.Spec{
		Use:   "guide [TOPIC]",
		Short: text{JA: "更新、紛失、引っ越しなどの手続きを調べる", EN: "procedures: renewal, loss, a move, ..."},
		Long: text{
			JA: "手続きの案内を表示します。項目の名前のほか、「引越し」や「コンビニ 時間」のような言葉でも探せます。いくつかの項目に当てはまるときは、その一覧を表示します。カードもネットワークも要りません。\n" +
				"市区町村などの公表資料をまとめたものです。制度や取り扱いは変わるので、大事なことは市区町村に確かめてください。",
			EN: "Explains the procedures. Find a topic by its name, or by words such as \"moved\" or \"lost abroad\"; if several topics match, they are listed. Needs no card and no network.\n" +
				"The texts summarise what municipalities and others publish. Rules change: ask your municipality about what matters to you.",
		},
		Examples: []command.Example{
			{Line: "jpki guide", About: text{JA: "項目の一覧", EN: "the topics"}},
			{Line: "jpki guide lost", About: text{JA: "カードをなくしたときの電話番号", EN: "whom to call about a lost card"}},
			{Line: "jpki guide 引越し", About: text{JA: "言葉で探す", EN: "search by a word"}},
		},
		Run: func(_ context.Context, args []string) error {
			switch words := strings.Join(args, " "); {
			case sources && words != "":
				return problem.Misuse(text{JA: "--sources に引数はありません。", EN: "--sources takes no arguments."})
			case sources:
				return guideSources(a)
			case strings.TrimSpace(words) == "":
				return guideTopics(a)
			default:
				return runGuide(a, words)
			}
		},
	})
	cmd.Flags().BoolVar(&sources, "sources", false, a.IO.Text(text{JA: "出典の一覧を表示する", EN: "list what the texts are taken from"}))
	return cmd
}

// guideWords are the topics as the shell offers them.
func guideWords(a *command.App) (words []string) {
	for _, t := range guide.Topics() {
		words = append(words, t.Name+"\t"+a.IO.Text(t.Title))
	}
	return words
}

// writtenText gives the date of the texts.
func writtenText() text {
	year, month := guide.Written.Year, guide.Written.Month
	return text{
		JA: fmt.Sprintf("%d年%d月にまとめたものです。制度や取り扱いは変わることがあり、市区町村によっても違います。市区町村に確かめてください。", year, month),
		EN: fmt.Sprintf("Written in %s %d. Rules change and differ between towns: ask your municipality.", month, year),
	}
}

func runGuide(a *command.App, words string) error {
	switch found, near := guide.Find(words); len(found) {
	case 0:
		return unknownTopic(words, near)
	case 1:
		return showTopic(a, found[0])
	default:
		return listTopics(a, words, found)
	}
}

func showTopic(a *command.App, topic guide.Topic) error {
	if a.JSON {
		return a.IO.JSON(topicDocument(a, topic))
	}
	_, err := io.WriteString(a.IO.Out, topicPage(a.IO, topic, a.IO.ReadingWidth()))
	return err
}

// topicPage lays a topic out at a width.
func topicPage(o *ui.IO, topic guide.Topic, width int) string {
	var out strings.Builder
	fmt.Fprintln(&out, o.Paint(ui.Strong, ui.Wrap(o.Text(topic.Title), width, "")))
	bullet := o.Text(text{JA: "・", EN: "- "})
	for _, part := range topic.Parts {
		fmt.Fprintln(&out)
		if !part.Heading.IsZero() {
			fmt.Fprintln(&out, o.Paint(ui.Strong, ui.Wrap(o.Text(part.Heading), width, "")))
		}
		for _, p := range part.Points {
			fmt.Fprintln(&out, ui.Wrap(bullet+o.Text(p), width, "  "))
		}
	}
	fmt.Fprintln(&out)
	for _, t := range []text{writtenText(), publishers()} {
		fmt.Fprintln(&out, o.Paint(ui.Faint, ui.Wrap(o.Text(t), width, "")))
	}
	return out.String()
}

// listTopics lists the topics that several words, or one word of several topics,
// can mean.
func listTopics(a *command.App, words string, found []guide.Topic) error {
	if a.JSON {
		return a.IO.JSON(topicsDocument(a, found))
	}
	out, width := a.IO.Out, a.IO.ReadingWidth()
	fmt.Fprintf(out, "%s\n", a.IO.Paint(ui.Strong, a.IO.Text(text{JA: "「%s」に関係する項目", EN: "Topics about %q"}.With(words))))
	for _, t := range found {
		fmt.Fprintf(out, "\n  %s\n      %s\n", a.IO.Paint(ui.Strong, "jpki guide "+t.Name), ui.Wrap(a.IO.Text(t.Title), width-6, "      "))
		if mention := t.Mention(words, a.IO.Lang); mention != "" {
			fmt.Fprintf(out, "      %s\n", a.IO.Paint(ui.Faint, ui.Wrap(a.IO.Text(text{JA: "「%s」", EN: "\"%s\""}.With(mention)), width-6, "      ")))
		}
	}
	return nil
}

// publishers names the sources in short.
func publishers() text {
	var ja, en []string
	for _, s := range guide.Sources() {
		ja, en = append(ja, s.Publisher.JA), append(en, s.Publisher.EN)
	}
	return text{
		JA: "出典: " + strings.Join(ja, "、") + "(題名は jpki guide --sources)",
		EN: "Sources: " + strings.Join(en, ", ") + " (their titles: jpki guide --sources)",
	}
}

// unknownTopic returns an error that offers the nearest topics.
func unknownTopic(words string, near []guide.Topic) error {
	next := text{JA: "項目の一覧は jpki guide で見られます。", EN: "For the list of topics run jpki guide."}
	if len(near) > 0 {
		var ja, en []string
		for _, t := range near {
			ja = append(ja, fmt.Sprintf("jpki guide %s「%s」", t.Name, t.Title.JA))
			en = append(en, fmt.Sprintf("jpki guide %s (%s)", t.Name, t.Title.EN))
		}
		next = text{
			JA: fmt.Sprintf("近い項目は %sです。", strings.Join(ja, "、")),
			EN: fmt.Sprintf("Did you mean %s?", strings.Join(en, " or ")),
		}
	}
	return problem.Misuse(text{JA: "「%s」に合う項目が見つかりません。", EN: "No topic was found for %q."}.With(words)).WithNext(next)
}

func guideTopics(a *command.App) error {
	if a.JSON {
		return a.IO.JSON(topicsDocument(a, guide.Topics()))
	}
	_, err := io.WriteString(a.IO.Out, topicsPage(a.IO, a.IO.ReadingWidth()))
	return err
}

// topicsPage lays the list of topics out at a width.
func topicsPage(o *ui.IO, width int) string {
	var rows [][]string
	for _, t := range guide.Topics() {
		rows = append(rows, []string{t.Name, o.Text(t.Title)})
	}
	return fmt.Sprintf("%s\n\n%s\n%s\n", o.Paint(ui.Strong, o.Text(text{JA: "手続きの案内", EN: "Procedures"})), ui.Layout(ui.Table(2, nil, rows), width),
		ui.Wrap(o.Text(text{JA: "読むには jpki guide 名前。「jpki guide 引越し」のように言葉でも探せます。", EN: "To read one: jpki guide NAME. Words work too: jpki guide new address."}), width, ""))
}

func guideSources(a *command.App) error {
	if a.JSON {
		return a.IO.JSON(struct {
			Schema  string       `json:"schema"`
			Written string       `json:"written"`
			Sources []sourceJSON `json:"sources"`
		}{"jpki.guide-sources/v1", guide.Written.String(), sourcesDocument(a)})
	}
	_, err := io.WriteString(a.IO.Out, sourcesPage(a.IO, a.IO.ReadingWidth()))
	return err
}

// sourcesPage lays the list of sources out at a width. Titles are in Japanese,
// as their publishers wrote them.
func sourcesPage(o *ui.IO, width int) string {
	var out strings.Builder
	for _, s := range guide.Sources() {
		source := text{JA: "・%s「%s」", EN: "- %s: %s"}.With(s.Publisher, s.Title)
		if s.Date != "" {
			source = text{JA: "%s(%s)", EN: "%s (%s)"}.With(source, s.Date)
		}
		fmt.Fprintln(&out, ui.Wrap(o.Text(source), width, "  "))
	}
	return out.String()
}

// topicsJSON is jpki.guide-topics/v1.
type topicsJSON struct {
	Schema  string          `json:"schema"`
	Written string          `json:"written"`
	Topics  []topicNameJSON `json:"topics"`
}

type topicNameJSON struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

func topicsDocument(a *command.App, topics []guide.Topic) topicsJSON {
	doc := topicsJSON{Schema: "jpki.guide-topics/v1", Written: guide.Written.String()}
	for _, t := range topics {
		doc.Topics = append(doc.Topics, topicNameJSON{t.Name, a.IO.Text(t.Title)})
	}
	return doc
}

// topicJSON is jpki.guide/v1, in the language of --lang.
type topicJSON struct {
	Schema  string       `json:"schema"`
	Written string       `json:"written"`
	Name    string       `json:"name"`
	Title   string       `json:"title"`
	Parts   []partJSON   `json:"parts"`
	Sources []sourceJSON `json:"sources"`
}

// partJSON is some points; the heading is null where they have none.
type partJSON struct {
	Heading *string  `json:"heading"`
	Points  []string `json:"points"`
}

type sourceJSON struct {
	Publisher string  `json:"publisher"`
	Title     string  `json:"title"`
	Date      *string `json:"date"`
}

func topicDocument(a *command.App, t guide.Topic) topicJSON {
	doc := topicJSON{Schema: "jpki.guide/v1", Written: guide.Written.String(), Name: t.Name, Title: a.IO.Text(t.Title), Sources: sourcesDocument(a)}
	for _, part := range t.Parts {
		var p partJSON
		if !part.Heading.IsZero() {
			heading := a.IO.Text(part.Heading)
			p.Heading = &heading
		}
		for _, point := range part.Points {
			p.Points = append(p.Points, a.IO.Text(point))
		}
		doc.Parts = append(doc.Parts, p)
	}
	return doc
}

func sourcesDocument(a *command.App) (docs []sourceJSON) {
	for _, s := range guide.Sources() {
		doc := sourceJSON{Publisher: a.IO.Text(s.Publisher), Title: s.Title}
		if s.Date != "" {
			doc.Date = &s.Date
		}
		docs = append(docs, doc)
	}
	return docs
}
