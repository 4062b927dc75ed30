package xmltext

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"github.com/jpki-tools/jpki/internal/companion"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// checkText fails for a text that is empty, not in its language, or badly filled in.
func checkText(t *testing.T, of string, s i18n.Text) {
	t.Helper()
	japanese := func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }
	if s.JA == "" || s.EN == "" || !strings.ContainsFunc(s.JA, japanese) || strings.ContainsFunc(s.EN, japanese) || strings.Contains(s.JA+s.EN, "%!") {
		t.Errorf("%s: %q, %q", of, s.JA, s.EN)
	}
}

var kinds = []xmlsig.OutsideKind{
	xmlsig.OutsideStyleSheet, xmlsig.OutsideInstruction, xmlsig.OutsideHead, xmlsig.OutsideOther, xmlsig.OutsideAttachment, xmlsig.OutsideForm, xmlsig.OutsideFront,
	xmlsig.OutsideComments, xmlsig.OutsideElement, xmlsig.OutsideRest, xmlsig.OutsideText, xmlsig.OutsideObject, xmlsig.OutsidePlace, xmlsig.OutsideNothing, xmlsig.OutsideMore,
}

func TestEveryKindHasWords(t *testing.T) {
	for _, k := range kinds {
		o := xmlsig.Outside{Kind: k, Name: "name", Text: "5"}
		reason, ok := Reason(fmt.Errorf("x: %w", &xmlsig.UnsignedError{Outside: o}))
		if !ok {
			t.Errorf("%s: no reason", k)
		}
		checkText(t, string(k), reason)
		if leftOut(o).IsZero() || leftOut(o).EN == "more of the document" && k != xmlsig.OutsideMore {
			t.Errorf("%s: %+v", k, leftOut(o))
		}
	}
}

func TestOutsideTogether(t *testing.T) {
	rows := Outside([]xmlsig.Outside{
		{Kind: xmlsig.OutsideAttachment, Name: "a", Permitted: true}, {Kind: xmlsig.OutsideElement, Name: "x"},
		{Kind: xmlsig.OutsideStyleSheet, Text: "50%.xsl", Permitted: true}, {Kind: xmlsig.OutsideAttachment, Name: "b%s", Permitted: true},
	})
	if len(rows) != 2 || rows[0].EN != "the contents of a, b%s (their names are signed)" || rows[1].EN != `the style sheet "50%.xsl" (it decides how a browser shows the document)` {
		t.Errorf("%q", rows)
	}
}

func TestReasons(t *testing.T) {
	for _, err := range []error{
		&xmlsig.MissingFileError{Name: "a", Err: fs.ErrNotExist}, &xmlsig.MissingFileError{Name: "a", Err: fs.ErrPermission},
		&xmlsig.MissingFileError{Name: "a", Err: &companion.AmbiguousError{Name: "a", Files: []string{"a", "b"}}},
		&xmlsig.NotFetchedError{URI: "http://x"}, &xmlsig.ChangedError{Item: xmlsig.Item{Target: xmlsig.TargetFile, Name: "a"}},
		&xmlsig.ChangedError{Item: xmlsig.Item{Target: xmlsig.TargetElement, Name: "a"}},
	} {
		reason, ok := Reason(fmt.Errorf("x: %w", err))
		if !ok {
			t.Errorf("%v: no reason", err)
		}
		checkText(t, err.Error(), reason)
	}
	for _, err := range []error{errors.New("x"), &xmlsig.ChangedError{Item: xmlsig.Item{Target: xmlsig.TargetDocument}}} {
		if reason, ok := Reason(err); ok {
			t.Errorf("%v: %v", err, reason)
		}
	}
}

func TestRefusals(t *testing.T) {
	for reason := range refusals {
		p := Refusal(fmt.Errorf("x: %w", &xmlsig.ProfileError{Profile: xmlsig.ProfileEGov, Reason: reason, Names: []string{"Hash"}, Outside: []xmlsig.Outside{{Kind: xmlsig.OutsideElement, Name: "a"}}}))
		checkText(t, string(reason), p.What)
		checkText(t, string(reason), p.Next)
	}
	for _, reason := range []xmlsig.ProfileReason{
		xmlsig.NotThisForm, xmlsig.NothingForHolders, xmlsig.OtherOption, xmlsig.FormStructure, xmlsig.NoProcedure, xmlsig.SeveralProcedures,
		xmlsig.NoProcedureID, xmlsig.NoForms, xmlsig.SignedPartByPart, xmlsig.UnsafeName, xmlsig.MissingFile,
	} {
		if _, ok := refusals[reason]; !ok {
			t.Errorf("%s: no words", reason)
		}
	}
	for _, err := range []error{fs.ErrPermission, &companion.AmbiguousError{Name: "a", Files: []string{"a", "b"}}} {
		p := Refusal(fmt.Errorf("x: %w", &xmlsig.MissingFileError{Name: "a", Err: err}))
		checkText(t, err.Error(), p.What)
		checkText(t, err.Error(), p.Next)
	}
	if p := Refusal(errors.New("x")); p != nil {
		t.Error(p)
	}
	for _, p := range []xmlsig.Profile{xmlsig.ProfileEGov, xmlsig.ProfileETax, xmlsig.ProfileTaxCertificate, xmlsig.ProfileOfficial} {
		checkText(t, string(p), Form(p))
	}
}

func TestNotes(t *testing.T) {
	notes := Notes("k.xml", &xmlsig.Prepared{Comments: 2, InvalidNamespaces: []string{"urn:a b"}, MissingAttachments: []string{"a.pdf", "b.pdf"}})
	if len(notes) != 3 {
		t.Fatalf("%q", notes)
	}
	for _, n := range notes {
		checkText(t, "note", n)
	}
	if len(Notes("k.xml", &xmlsig.Prepared{})) != 0 {
		t.Error("nothing to say, and said")
	}
}
