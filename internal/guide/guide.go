// Package guide explains the procedures around the certificates: where to go
// after a move, how a blocked PIN is unlocked, whom to call about a lost card.
//
// The texts are a summary of what municipalities and the operators of the
// system publish ([Sources]), written in [Written]. Rules change and differ a
// little between towns, and the texts say so; they promise nothing.
package guide

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	words []string // what else finds it, on its own or in a sentence
	alone []string // what finds it only on its own, because it is in many sentences
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

// Sources lists what the texts are taken from.
func Sources() []Source { return slices.Clone(sources) }

// Find looks for the topic that a person means, by its name or by words of
// either language. Where none is meant clearly, near holds those that come
// nearest, if any do.
func Find(words string) (topic Topic, found bool, near []Topic) {
	query := fold(words)
	scores := make([]int, len(topics))
	best := 0
	for i, t := range topics {
		if slices.Contains(t.names(), query) {
			return t, true, nil
		}
		scores[i] = t.mentioned(query)
		best = max(best, scores[i])
	}
	for i, t := range topics {
		if best > 0 && scores[i] == best || best == 0 && t.resembles(query) {
			near = append(near, t)
		}
	}
	if best > 0 && len(near) == 1 {
		return near[0], true, nil
	}
	return Topic{}, false, near
}

// names is all that finds the topic on its own.
func (t Topic) names() []string {
	return folded(slices.Concat([]string{t.Name, t.Title.JA, t.Title.EN}, t.words, t.alone))
}

// mentioned measures how clearly a sentence is about the topic: the length of
// the longest of its words there. Japanese does not set words apart.
func (t Topic) mentioned(query string) (n int) {
	apart := " " + query + " "
	for _, w := range folded(t.words) {
		if latin(w) && strings.Contains(apart, " "+w+" ") || !latin(w) && strings.Contains(query, w) {
			n = max(n, utf8.RuneCountInString(w))
		}
	}
	return n
}

// resembles reports whether a query looks like one of the topic's words: a part
// of it, or one mistyped.
func (t Topic) resembles(query string) bool {
	least := 2 // characters that mean something
	if latin(query) {
		least = 3
	}
	if utf8.RuneCountInString(query) < least {
		return false
	}
	return slices.ContainsFunc(t.names(), func(w string) bool {
		return strings.Contains(w, query) || latin(w) && distance(w, query) <= len(w)/4
	})
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

// distance is the number of letters to change, add, drop or exchange with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
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
