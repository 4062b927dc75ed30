// Package shellwords splits a command line that stands in an option.
package shellwords

import "errors"

var (
	errOpenQuote  = errors.New("a quotation mark is not closed")
	errOpenEscape = errors.New("nothing follows the last backslash")
	errNoWords    = errors.New("there is no program in it")
)

// Split splits a command line into words as a POSIX shell does (Shell Command
// Language, 2.2 Quoting): blanks separate words; a backslash, single and double
// quotes quote characters. It expands nothing, and treats operators like any
// other character. A backslash quotes on Windows, too, so a path with
// backslashes needs single quotes.
func Split(s string) ([]string, error) {
	var (
		words  []string
		word   []byte
		inWord bool // also for '' and ""
		quote  byte // ' or " inside quotes, else 0
	)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'':
			word = append(word, c)
		case c == '\\':
			i++
			switch {
			case i == len(s):
				return nil, errOpenEscape
			case s[i] == '\n': // joins two lines
			case quote == '"' && s[i] != '"' && s[i] != '\\' && s[i] != '$' && s[i] != '`':
				word = append(word, c, s[i])
			default:
				word, inWord = append(word, s[i]), true
			}
		case quote == '"':
			word = append(word, c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, string(word))
			}
			word, inWord = word[:0], false
		default:
			word, inWord = append(word, c), true
		}
	}
	switch {
	case quote != 0:
		return nil, errOpenQuote
	case inWord:
		words = append(words, string(word))
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errNoWords
	}
	return words, nil
}
