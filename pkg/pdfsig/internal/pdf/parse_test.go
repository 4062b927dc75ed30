package pdf

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func parse(text string) (Object, error) {
	p := &parser{scanner: newScanner(strings.NewReader(text), int64(len(text)), 0), most: objectsAlways}
	return p.whole()
}

func TestObjects(t *testing.T) {
	for text, want := range map[string]Object{
		"null": nil, "true": true, "false ": false,
		"0": int64(0), "+17": int64(17), "-98": int64(-98), "1 0": int64(1), "1 0 Rx": int64(1), "1 0 R": Ref{1, 0}, "007 00001\nR": Ref{7, 1},
		"4.": Real("4."), "-.002": Real("-.002"), "+123.6": Real("+123.6"),
		"/": Name(""), "/A;Name_With-Various***Characters?": Name("A;Name_With-Various***Characters?"),
		"/paired#28#29parentheses": Name("paired()parentheses"), "/A#42": Name("AB"), "/a/b": Name("a"),
		"()": String(""), "(a(b)c)": String("a(b)c"), `(\n\r\t\b\f\(\)\\\q)`: String("\n\r\t\b\f()\\q"),
		"(a\\\nb\\\r\nc)": String("abc"), "(a\r\nb\rc\nd)": String("a\nb\nc\nd"), `(\0053\53\5\777)`: String("\0053+\005\xff"),
		"<>": String(""), "<4E6f 762\n0>": String("Nov "), "<901FA>": String("\x90\x1f\xa0"),
		"[]": Array{}, "[1 2 R 3 4 R/x(y)]": Array{int64(1), int64(2), nil, int64(3)}[:0],
		"[1 0 R 2 3 4 R]":             Array{Ref{1, 0}, int64(2), Ref{3, 4}}[:0],
		"<<>>":                        Dict{},
		"<</A/B/C<</D[1]>>%x\n/E()>>": Dict{"A": Name("B"), "C": Dict{"D": Array{int64(1)}}, "E": String("")},
	} {
		got, err := parse(text)
		switch text { // their meaning depends on the tokens that follow
		case "[1 2 R 3 4 R/x(y)]":
			want = Array{Ref{1, 2}, Ref{3, 4}, Name("x"), String("y")}
		case "[1 0 R 2 3 4 R]":
			want = Array{Ref{1, 0}, int64(2), Ref{3, 4}}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; want %#v", text, got, err, want)
		}
	}
}

func TestNoObjects(t *testing.T) {
	for _, text := range []string{
		"", " ", "nul", "nulll", "True", "(", "(()", "<", "<4", "<4x>", "<<", "<</A", "<</A 1", "<</A 1>", "<<1 2>>", "<</A>>", "<</A 1/A 2>>", "<</A 1/#41 2>>", "<</A<</B 1>>/A<</B 2>>>>",
		"[", "[1", "]", ">>", ")", "}", "{}", "1.2.3", "--1", "+", "-", ".", "-.", "1e5", "1-", "/#", "/#4", "/#4x", "/#00",
		"99999999999999999999999999", "9000000 0 R", "1 70000 R", "endobj",
		strings.Repeat("[", 102) + strings.Repeat("]", 102), strings.Repeat("<</A", 200), strings.Repeat("[", 1<<20),
	} {
		got, err := parse(text)
		var d *DamagedError
		if !errors.As(err, &d) {
			t.Errorf("%.40q: %#v, %v; want a DamagedError", text, got, err)
		}
	}
}

func TestSpaceIsBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat(" ", maxSpace+9) + "1", "%" + strings.Repeat("x", 3*maxSpace) + "\n1" + strings.Repeat("%\n", maxSpace) + "2"} {
		p := &parser{scanner: newScanner(strings.NewReader(text), int64(len(text)), 0), most: objectsAlways}
		_, err := p.whole()
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
}

func TestAppendReadsBack(t *testing.T) {
	want := Dict{"A b#/": Array{nil, true, int64(-5), Real("0.50"), Name("\xe3\x81"), String("(\x00\xff"), Ref{12, 3}}, "D": Dict{"E": Dict{}, "F": int64(1)}}
	text := Append(nil, want)
	got, err := parse(string(text))
	if err != nil || !Equal(got, want) {
		t.Errorf("%s reads as %v, %v", text, got, err)
	}
	if !bytes.Equal(text, Append(nil, got)) {
		t.Error("the same object gave two texts")
	}
}

func TestEqual(t *testing.T) {
	objects := []Object{nil, true, false, int64(1), Real("1"), Name("1"), String("1"), Ref{1, 0}, Ref{1, 1}, Array{}, Array{int64(1)}, Array{int64(1), nil}, Dict{}, Dict{"1": int64(1)}, Dict{"1": nil}, Dict{"2": int64(1)}}
	for i, a := range objects {
		for j, b := range objects {
			if Equal(a, b) != (i == j) {
				t.Errorf("Equal(%v, %v) = %v", a, b, i != j)
			}
		}
	}
}

func TestRewritten(t *testing.T) {
	for _, c := range []struct {
		old, now  Object
		rewritten bool
	}{
		{Real("50.0"), int64(50), true},
		{Real("50.0"), Real("50"), true},
		{Real("+50.10"), Real("50.1"), true},
		{Real("-0.50"), Real("-.5"), true},
		{Real("-00.0"), int64(0), true},
		{Real("4."), int64(4), true},
		{Real("100."), int64(100), true},
		{Array{int64(1), Real("2.0")}, Array{int64(1), int64(2)}, true},
		{Dict{"K": Dict{"L": Real("2.0")}}, Dict{"K": Dict{"L": int64(2)}}, true},
		{Real("50.0"), int64(51), false},
		{Real("50.01"), int64(50), false},
		{Real("50.0"), int64(-50), false},
		{Real(".5"), int64(5), false},
		{Real("10.0"), int64(1), false},
		{Real("1.05"), Real("1.5"), false},
		{int64(50), Real("50.0"), false},
		{Real("1"), Name("1"), false},
		{Real("1"), nil, false},
		{Real("1"), Array{Real("1")}, false},
		{String("1.0"), String("1"), false},
	} {
		if got := Rewritten("Rect", c.old, c.now); got != c.rewritten {
			t.Errorf("Rewritten(%v, %v) = %v", c.old, c.now, got)
		}
		if got := Equal(c.old, c.now); got {
			t.Errorf("Equal(%v, %v)", c.old, c.now)
		}
	}
	for _, c := range []struct {
		key       Name
		old, now  Object
		rewritten bool
	}{
		{"", Array{Real("50.0")}, Array{int64(50)}, false},
		{"", Array{Real("50.0")}, Array{Real("50.")}, true},
		{"Rotate", Real("90.0"), int64(90), false},
		{"Encoding", Dict{"Differences": Array{Real("48.0"), Name("nine")}}, Dict{"Differences": Array{int64(48), Name("nine")}}, false},
		{"Rotate", Dict{"Rect": Array{Real("1.0")}}, Dict{"Rect": Array{int64(1)}}, true},
		{"Rect", Dict{"Rotate": Real("90.0")}, Dict{"Rotate": int64(90)}, false},
		{"Rect", Dict{"A": nil}, Dict{"B": nil}, false},
	} {
		if got := Rewritten(c.key, c.old, c.now); got != c.rewritten {
			t.Errorf("Rewritten(%s, %v, %v) = %v", c.key, c.old, c.now, got)
		}
	}
}
