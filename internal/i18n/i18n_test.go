package i18n

import (
	"errors"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, test := range []struct {
		env    map[string]string
		system string
		want   Lang
	}{
		{nil, "", EN},
		{nil, "ja-JP", JA},
		{nil, "ja", JA},
		{nil, "jav", EN}, // Javanese
		{nil, "en-US", EN},
		{map[string]string{"LANG": "ja_JP.UTF-8"}, "en-US", JA},
		{map[string]string{"LANG": "ja.UTF-8"}, "", JA},
		{map[string]string{"LANG": "JA_jp"}, "", JA},
		{map[string]string{"LANG": "C"}, "ja-JP", EN}, // the environment says something
		{map[string]string{"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "", EN},
		{map[string]string{"LC_MESSAGES": "en_GB.UTF-8", "LC_ALL": "ja_JP.UTF-8"}, "", JA},
		{map[string]string{"LANG": "ja_JP.UTF-8", "JPKI_LANG": "en"}, "", EN},
		{map[string]string{"LANG": "C", "JPKI_LANG": "JA"}, "", JA},
		{map[string]string{"LANG": "ja_JP.UTF-8", "JPKI_LANG": "fr"}, "", JA}, // not one of ours
	} {
		asked := false
		got := Detect(func(name string) string { return test.env[name] }, func() string {
			asked = true
			return test.system
		})
		if got != test.want {
			t.Errorf("%v, %q: %s", test.env, test.system, got)
		}
		if asked != (len(test.env) == 0) {
			t.Errorf("%v: the system was asked %v", test.env, asked)
		}
	}
}

func TestWith(t *testing.T) {
	inner := Text{JA: "カード", EN: "card"}
	for _, test := range []struct {
		in   Text
		args []any
		want Text
	}{
		{Text{"%sが%d枚", "%[2]d times %[1]s"}, []any{inner, 2}, Text{"カードが2枚", "2 times card"}},
		{Text{"%s", "%s"}, []any{"a\x1b[2J\nb"}, Text{`a\u{001B}[2J\u{000A}b`, `a\u{001B}[2J\u{000A}b`}},
		{Text{"%v", "%v"}, []any{errors.New("\u202eevil")}, Text{`\u{202E}evil`, `\u{202E}evil`}},
		{Text{"%q", "%q"}, []any{"名前"}, Text{`"名前"`, `"名前"`}},
	} {
		if got := test.in.With(test.args...); got != test.want {
			t.Errorf("%v with %q: %q", test.in, test.args, got)
		}
	}
	// A text is ours and keeps its lines.
	if got := (Text{"%s", "%s"}).With(Text{"一\n二", "1\n2"}); got != (Text{"一\n二", "1\n2"}) {
		t.Errorf("%q", got)
	}
}

func TestJoin(t *testing.T) {
	sep := Text{JA: "、", EN: ", "}
	a, b := Text{"甲", "a"}, Text{"乙", "b"}
	for want, texts := range map[Text][]Text{
		{}:              nil,
		a:               {{}, a, {}},
		{"甲、乙", "a, b"}: {a, {}, b},
	} {
		if got := Join(sep, texts...); got != want {
			t.Errorf("%q: %q", texts, got)
		}
	}
}
