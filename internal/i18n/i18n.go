// Package i18n holds sentences for people in the two languages of this
// program, and finds out which one a person reads. A [Text] is written where
// it is used, both languages side by side, so that they are changed together.
package i18n

import (
	"fmt"
	"strings"

	"github.com/jpki-tools/jpki/pkg/printable"
)

// Lang is a language the program speaks.
type Lang string

// The two languages.
const (
	JA Lang = "ja"
	EN Lang = "en"
)

// Text is a sentence, or a part of one, in both languages.
type Text struct{ JA, EN string }

// Same is a text that needs no translation: a name, a number, a path.
func Same(s string) Text { return Text{s, s} }

// In gives the text in one language.
func (t Text) In(l Lang) string {
	if l == JA {
		return t.JA
	}
	return t.EN
}

// IsZero reports a text without words.
func (t Text) IsZero() bool { return t == Text{} }

// With fills the text's format verbs. It gives each side the arguments that are
// texts in the side's language; %[2]s orders them if the languages differ.
// Strings and errors, above all file names, come from outside and can hold
// control sequences. With makes them safe by [printable.Line].
func (t Text) With(args ...any) Text {
	return Text{fmt.Sprintf(t.JA, inLang(JA, args)...), fmt.Sprintf(t.EN, inLang(EN, args)...)}
}

func inLang(l Lang, args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := a.(type) {
		case Text:
			a = v.In(l)
		case string:
			a = printable.Line(v)
		case error:
			a = printable.Line(v.Error())
		}
		out[i] = a
	}
	return out
}

// Join puts texts together with sep between them, leaving empty ones out.
func Join(sep Text, texts ...Text) Text {
	var ja, en []string
	for _, t := range texts {
		if !t.IsZero() {
			ja, en = append(ja, t.JA), append(en, t.EN)
		}
	}
	return Text{strings.Join(ja, sep.JA), strings.Join(en, sep.EN)}
}

// Parse reads a language's name as --lang and JPKI_LANG take it.
func Parse(s string) (Lang, bool) {
	switch strings.ToLower(s) {
	case "ja":
		return JA, true
	case "en":
		return EN, true
	}
	return "", false
}

// Detect finds the person's language: JPKI_LANG, then the locale (LC_ALL,
// LC_MESSAGES, LANG, the first that is set), then the result of system. It
// calls system only if the environment does not decide.
func Detect(getenv func(string) string, system func() string) Lang {
	if l, ok := Parse(getenv("JPKI_LANG")); ok {
		return l
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return fromLocale(v)
		}
	}
	return fromLocale(system())
}

func fromLocale(locale string) Lang {
	if locale = strings.ToLower(locale); locale == "ja" || strings.HasPrefix(locale, "ja_") || strings.HasPrefix(locale, "ja-") || strings.HasPrefix(locale, "ja.") {
		return JA
	}
	return EN
}
