package explain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jpki-tools/jpki/internal/democard"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/internal/tlsclient"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/pcsc"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// TestError restates which code the errors of every layer lead to, wrapped as
// they arrive; each problem is told in both languages.
func TestError(t *testing.T) {
	for _, test := range []struct {
		err  error
		want problem.Code
	}{
		{pcsc.ErrNoService, problem.NoService},
		{pcsc.ErrAccess, problem.NoService},
		{pcsc.ErrNoReader, problem.NoReader},
		{pcsc.ErrReaderGone, problem.NoReader},
		{pcsc.ErrNoCard, problem.NoCard},
		{pcsc.ErrCardMute, problem.NoCard},
		{pcsc.ErrCardRemoved, problem.CardRemoved},
		{pcsc.ErrInUse, problem.CardInUse},
		{context.DeadlineExceeded, problem.CardInUse},
		{context.Canceled, problem.Interrupted},
		{jpki.ErrNotJPKI, problem.NotJPKI},
		{jpki.ErrKeyMismatch, problem.KeyMismatch},
		{&jpki.PINError{Key: jpki.KeyAuth, Left: 2}, problem.PINWrong},
		{&jpki.PINError{Key: jpki.KeySign, Left: 0}, problem.PINWrong}, // a try was used
		{&jpki.BlockedError{Key: jpki.KeyAuth}, problem.PINBlocked},
		{&jpki.UnansweredError{Key: jpki.KeyAuth, Err: pcsc.ErrCardRemoved}, problem.PINUnanswered},
		{&jpki.UnconfirmedChangeError{Key: jpki.KeyAuth, Err: pcsc.ErrCardRemoved}, problem.PINUnconfirmed},
		{&jpki.RuleError{Key: jpki.KeySign, Rule: jpki.RuleLength}, problem.PINRule},
		{&jpki.CertificateError{Kind: jpki.KindSign, Err: jpki.ErrAbsent}, problem.NoCertificate},
		{&jpki.CertificateError{Kind: jpki.KindSign, Err: jpki.ErrNeedsPIN}, problem.NeedsPIN},
		{&jpki.CertificateError{Kind: jpki.KindAuth, Err: jpki.ErrDamaged}, problem.DamagedCert},
		{democard.ErrInUse, problem.CardInUse},
		{&tlsclient.Error{Address: "https://example.jp/", Reason: tlsclient.ErrRejected}, problem.TLS},
		{io.ErrUnexpectedEOF, problem.Failed}, // nothing is known of it
	} {
		p := Error(fmt.Errorf("on the way: %w", test.err))
		if p.Code != test.want {
			t.Errorf("%v: %s, want %s", test.err, p.Code, test.want)
		}
		if p.What.JA == "" || p.What.EN == "" || p.What.JA == p.What.EN {
			t.Errorf("%v: told as %q", test.err, p.What)
		}
	}
	if own := problem.New(problem.Usage, i18n.Same("so"), i18n.Text{}); Error(fmt.Errorf("on the way: %w", own)) != own {
		t.Error("a problem is explained as another one")
	}
}

func TestDocument(t *testing.T) {
	for _, err := range []error{
		pdfsig.ErrPassword, pdfsig.ErrCertified, pdfsig.ErrNotPDF, pdfsig.ErrNoField, pdfsig.ErrNoPage,
		&pdfsig.DamagedError{Fault: pdfsig.FaultObject, Offset: 12, Number: 3},
		xmlsig.ErrNoElement, xmlsig.ErrDuplicateID, &xmlsig.SyntaxError{Line: 1, Column: 2, Message: "no XML"},
	} {
		p := Document(fmt.Errorf("on the way: %w", err))
		if p == nil || p.Code != problem.Input || p.What.JA == "" || p.What.EN == "" {
			t.Errorf("%v: %+v", err, p)
		}
	}
	if p := Document(errors.New("nothing to do with documents")); p != nil {
		t.Errorf("%+v", p)
	}
	for _, test := range []struct {
		object int
		offset int64
		want   string
	}{{3, 12, "odd (object 3, byte 12)"}, {3, -1, "odd (object 3)"}, {0, 0, "odd (byte 0)"}, {0, -1, "odd"}} {
		if got := withPlace(i18n.Same("odd"), test.object, test.offset).EN; got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
