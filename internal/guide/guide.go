// Package guide explains the procedures around the certificates: the steps
// after a move, how to have a blocked PIN unlocked, the telephone numbers for a
// lost card.
//
// The texts summarise publications of municipalities and of the operators of
// the system ([Sources]), as of [Written]. Rules change and differ a little
// between towns, and the texts say so; they promise nothing.
package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// Written is the month in which the texts were written.
var Written = Month{2026, time.November}

// Month is a month of the calendar.
type Month struct {
	Year  int
	Month time.Month
}

// String is ISO 8601: 2026-11.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m.Year, m.Month) }

// Topic is one procedure.
type Topic struct {
	Name  string // as the command line takes it: "moved"
	Title i18n.Text
	Parts []Part
	words []string // further words that find it, alone or in a sentence
	alone []string // words that find it only alone, because many sentences have them
	also  []string // words searched like its text
}

// Part is a list of points under a heading, or plain sentences where it has
// none.
type Part struct {
	Heading i18n.Text
	Points  []i18n.Text
}

// Source is a publication that the texts summarise.
type Source struct {
	Publisher i18n.Text
	Title     string // in Japanese, as it is
	Date      string // of its last change, "" where it has none
}

// Topics lists all of them, the most asked for first.
func Topics() []Topic { return slices.Clone(topics) }

// Sources lists the sources of the texts.
func Sources() []Source { return slices.Clone(sources) }

// Find looks for topics by words of either language: the topic with that name,
// else topics with one of the words, else topics with the words in their text.
// The best match comes first. If there is none, near holds topics with similar
// spelling.
func Find(words string) (found, near []Topic) {
	if found := About(words); len(found) > 0 {
		return withAll(words, found), nil
	}
	for word := range strings.FieldsSeq(fold(words)) {
		if unknown(word) {
			near = append(near, resembling(word)...)
		}
	}
	if len(near) > 0 {
		return nil, near
	}
	return byText(words), nil
}

// About lists the topics of that name, or with a word that a person used.
func About(words string) []Topic {
	query := fold(words)
	for _, t := range topics {
		if slices.Contains(t.names(), query) {
			return []Topic{t}
		}
	}
	return byWords(query)
}

// names is all that finds the topic on its own.
func (t Topic) names() []string {
	return folded(slices.Concat([]string{t.Name, t.Title.JA, t.Title.EN}, t.words, t.alone))
}

// span is a part of a query.
type span struct{ start, end int }

func (s span) within(other span) bool {
	return other.start <= s.start && s.end <= other.end && s != other
}

// byWords finds the topics with a word that is in the query and in no longer
// one of another topic: 失効していないか is not about 失効.
func byWords(query string) (found []Topic) {
	spans := make([][]span, len(topics))
	for i, t := range topics {
		for _, w := range folded(t.words) {
			spans[i] = append(spans[i], occurrences(query, w)...)
		}
	}
	all := slices.Concat(spans...)
	weight := map[string]int{}
	for i, t := range topics {
		for _, s := range spans[i] {
			if !slices.ContainsFunc(all, s.within) {
				weight[t.Name] = max(weight[t.Name], s.end-s.start)
			}
		}
		if weight[t.Name] > 0 {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b Topic) int { return weight[b.Name] - weight[a.Name] })
	return found
}

// occurrences finds a word in a query. Japanese does not set words apart.
func occurrences(query, word string) (found []span) {
	for at := 0; ; {
		i := strings.Index(query[at:], word)
		if i < 0 || word == "" {
			return found
		}
		s := span{at + i, at + i + len(word)}
		apart := (s.start == 0 || query[s.start-1] == ' ') && (s.end == len(query) || query[s.end] == ' ')
		if apart || !latin(word) {
			found = append(found, s)
		}
		at = s.end
	}
}

// resembling lists the topics with a word that this one may be misspelt for.
func resembling(word string) (near []Topic) {
	for _, t := range topics {
		if latin(word) && len(word) >= 3 && slices.ContainsFunc(t.names(), func(w string) bool {
			return latin(w) && Distance(w, word) <= len(w)/4
		}) {
			near = append(near, t)
		}
	}
	return near
}

func folded(words []string) (all []string) {
	for _, w := range words {
		all = append(all, fold(w))
	}
	return all
}

// fold brings words into the one form that is compared: half-width letters in
// lower case, hiragana, single spaces and no punctuation.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'ァ' <= r && r <= 'ヶ':
			return r - 'ァ' + 'ぁ'
		case r == 'ー', unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			return r
		}
		return ' '
	}, strings.ToLower(norm.NFKC.String(s)))
	return strings.Join(strings.Fields(s), " ")
}

func latin(folded string) bool {
	return strings.Trim(folded, "abcdefghijklmnopqrstuvwxyz0123456789 ") == ""
}

// Distance is the number of letters to change, add, drop or exchange with their
// neighbour to make b of a (optimal string alignment).
func Distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
