package guide

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// byText finds the topics with most words of a query in their text. A very
// common word counts only if the query has no other, and then only for topics
// with the word in a title or a heading.
func byText(query string) []Topic {
	if whole := fold(query); strings.Contains(whole, " ") {
		if found := holding(term{folded: whole}, Topic.text); len(found) > 0 {
			return found
		}
	}
	var all, rare []term
	for _, candidate := range terms(query) {
		switch n := len(holding(candidate, Topic.text)); {
		case n > len(topics)/2:
			all = append(all, candidate)
		case n > 0:
			all, rare = append(all, candidate), append(rare, candidate)
		}
	}
	where := Topic.text
	if len(rare) == 0 {
		rare, where = all, Topic.headings
	}
	count := map[string]int{}
	for _, word := range rare {
		for _, t := range holding(word, where) {
			count[t.Name]++
		}
	}
	most := 0
	for _, n := range count {
		most = max(most, n)
	}
	found := slices.DeleteFunc(Topics(), func(t Topic) bool { return most == 0 || count[t.Name] < most })
	if len(found) > len(topics)/3 {
		return nil // that tells nothing
	}
	return found
}

// withAll adds topics with all words of the query in their text, unless one of
// the found topics has them all. They go before the found topics.
func withAll(query string, found []Topic) []Topic {
	words := terms(query)
	if len(words) < 2 {
		return found
	}
	complete := Topics()
	for _, w := range words {
		complete = slices.DeleteFunc(complete, func(t Topic) bool { return !slices.ContainsFunc(t.text(), w.in) })
	}
	isFound := func(t Topic) bool {
		return slices.ContainsFunc(found, func(f Topic) bool { return f.Name == t.Name })
	}
	if slices.ContainsFunc(complete, isFound) {
		return found
	}
	return append(complete, found...)
}

// unknown reports a word that no topic has.
func unknown(word string) bool {
	return !slices.Contains(common, word) && len(holding(newTerm(word), Topic.text)) == 0
}

// holding lists the topics with a word in some of their text, as it is or else
// with other kana.
func holding(word term, where func(Topic) []string) (found []Topic) {
	for _, has := range []func(string) bool{word.exactly, word.in} {
		for _, t := range topics {
			if slices.ContainsFunc(where(t), has) {
				found = append(found, t)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found
}

// Mention is the sentence or heading of a topic that says most of the query, for
// a list of topics; "" where none has a word of it. A word counts for more the
// fewer topics have it.
func (t Topic) Mention(query string, lang i18n.Lang) (mention string) {
	words := terms(query)
	weights := make([]float64, len(words))
	for i, w := range words {
		weights[i] = 1 / float64(max(1, len(holding(w, Topic.text))))
	}
	most := 0.0
	for _, part := range t.Parts {
		for _, sentence := range append([]i18n.Text{part.Heading}, part.Points...) {
			said := 0.0
			for i, w := range words {
				if w.in(sentence.In(lang)) {
					said += weights[i]
				}
			}
			if said > most {
				mention, most = sentence.In(lang), said
			}
		}
	}
	return mention
}

// text is all that a topic says, in both languages, and the words that find it.
func (t Topic) text() []string {
	all := slices.Concat(t.headings(), t.words, t.alone, t.also)
	for _, part := range t.Parts {
		for _, p := range part.Points {
			all = append(all, p.JA, p.EN)
		}
	}
	return all
}

func (t Topic) headings() []string {
	all := []string{t.Title.JA, t.Title.EN}
	for _, part := range t.Parts {
		all = append(all, part.Heading.JA, part.Heading.EN)
	}
	return all
}

// term is a word to look for in a text.
type term struct {
	folded   string
	skeleton string // see [skeleton]; "" where that says too little
}

func newTerm(s string) term {
	t := term{folded: fold(s)}
	if latin(t.folded) {
		t.folded = stem(t.folded)
	} else if bones := strings.TrimSpace(skeleton(s)); utf8.RuneCountInString(bones) >= 2 && !strings.Contains(bones, " ") {
		t.skeleton = bones
	}
	return t
}

// exactly reports whether a text has the word: an English one from its
// beginning.
func (t term) exactly(text string) bool {
	if latin(t.folded) {
		return strings.Contains(" "+fold(text), " "+t.folded)
	}
	return strings.Contains(fold(text), t.folded)
}

// in reports the same, and a Japanese word where kana stand otherwise.
func (t term) in(text string) bool {
	return t.exactly(text) || t.skeleton != "" && strings.Contains(skeleton(text), t.skeleton)
}

// terms cuts a query into the words to look for. A Japanese one that no text
// has as it is, is cut where its script changes.
func terms(query string) (all []term) {
	for word := range strings.FieldsSeq(norm.NFKC.String(query)) {
		folded := fold(word)
		switch whole := newTerm(word); {
		case latin(folded):
			for part := range strings.FieldsSeq(folded) {
				if len(part) >= 3 && !slices.Contains(common, part) {
					all = append(all, newTerm(part))
				}
			}
		case utf8.RuneCountInString(folded) >= 2 && len(holding(whole, Topic.text)) > 0:
			all = append(all, whole)
		default:
			for _, part := range sameScript.FindAllString(word, -1) {
				if utf8.RuneCountInString(part) >= 2 || unicode.In([]rune(part)[0], unicode.Han) {
					all = append(all, newTerm(part))
				}
			}
		}
	}
	return all
}

var sameScript = regexp.MustCompile(`\p{Han}+|[\p{Katakana}ー]+|[A-Za-z0-9]+`)

// common are words of English questions.
var common = strings.Fields("about after all and any are but can card cards could did does for from get got had has have her his how into its may more much must need not now off one our out should than that the their them then there they this use want was were what when which who why will with would you your")

// stem is an English word without the ending of its forms.
func stem(word string) string {
	for _, ending := range []string{"ies", "ing", "ed", "es", "s"} {
		if rest, ok := strings.CutSuffix(word, ending); ok && len(rest) >= 4 {
			return rest
		}
	}
	return word
}

// skeleton is a Japanese text without its hiragana: 問い合わせ and 問合せ are the
// same word, 引っ越し and 引越し.
func skeleton(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Hiragana):
			return -1
		case r == 'ー', unicode.IsLetter(r), unicode.IsDigit(r), r == '々':
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKC.String(s))
}
