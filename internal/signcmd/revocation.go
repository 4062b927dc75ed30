package signcmd

import (
	"errors"
	"slices"
	"time"

	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/fetch"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/printable"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// askOwn is where a resident learns of the revocation of a certificate of their
// own.
var askOwn = text{JA: "JPKI利用者ソフトの有効性確認、マイナポータル、市区町村の窓口でできます", EN: "ask the official client (yukosei kakunin), Mynaportal or the municipal counter"}

// askSigner is how one learns of the revocation of somebody else's.
var askSigner = text{
	JA: "一般の人は調べられません。署名した本人に確かめてもらうか、法律で認められた事業者に頼んでください",
	EN: "not open to the public: ask the signer to check it, or a service provider under the law",
}

// revocationRows shows the answers of sources, or the sources to ask.
func revocationRows(o *ui.IO, v trust.Verdict, ask text) (rows [][]string) {
	add := func(tone ui.Tone, value text) {
		row := o.Row(tone, text{JA: "失効の確認", EN: "Revocation"}, value)
		if !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, row) }) { // a list can be there more than once
			rows = append(rows, row)
		}
	}
	closed := false
	for _, e := range v.Evidence {
		from := printable.Line(e.From)
		if e.From == judging.FromSignature {
			from = o.Text(text{JA: "(署名の中の失効情報)", EN: "(revocation data in the signature)"})
		}
		if !e.Certificate.Equal(v.Chain[0]) {
			from = cert.Name(e.Certificate.RawSubject) + ", " + from
		}
		switch {
		case e.Err != nil:
			why := judging.RevocationErrorText(e.Err)
			if failed := (*fetch.Error)(nil); errors.As(e.Err, &failed) {
				why = explain.FetchReason(failed) // the address stands before it
			}
			add(ui.Warn, text{JA: "%s: %s", EN: "%s: %s"}.With(from, why))
			closed = closed || slices.ContainsFunc(e.Certificate.OCSPServer, func(own string) bool { return fetch.Shown(own) == fetch.Shown(e.From) })
		case e.State == trust.RevocationRevoked && v.Revocation == trust.RevocationRevokedLater:
			add(ui.Warn, text{JA: "証明された日時のあとで失効しました: %s  %s", EN: "revoked, but after the proven time: %s  %s"}.With(judging.RevokedText(e), from))
		case e.State == trust.RevocationRevoked:
			add(ui.Bad, text{JA: "失効しています: %s  %s", EN: "revoked since %s  %s"}.With(judging.RevokedText(e), from))
		case e.State == trust.RevocationGood:
			add(ui.Plain, text{JA: "%sの時点で失効していません  %s", EN: "not revoked as of %s  %s"}.With(terms.Moment(e.ThisUpdate), from))
		default:
			add(ui.Warn, text{JA: "%s: %s", EN: "%s: %s"}.With(from, judging.RevocationErrorText(trust.ErrUnknownToSource)))
		}
	}
	if len(v.UncheckedResponders) > 0 {
		add(ui.Faint, text{JA: "レスポンダーの証明書そのものの失効は確認していません", EN: "whether the responder's own certificate is revoked was not checked"})
	}
	switch {
	case closed && v.Issuer.Standing == trust.Pinned:
		add(ui.Faint, text{JA: "J-LISのレスポンダーは、届け出た検証者だけに答えます。%s", EN: "J-LIS's responder answers registered verifiers only; %s"}.With(ask))
	case v.Status() != trust.ValidRevocationUnchecked || len(v.Evidence) > 0:
	case v.Issuer.Standing == trust.Given:
		add(ui.Faint, text{JA: "その認証局のCRLかOCSPを --crl か --ocsp で指定すると確認できます", EN: "name that CA's CRL or OCSP responder with --crl or --ocsp"})
	default:
		add(ui.Faint, ask)
	}
	return rows
}

// evidenceJSON is the answer of one source.
type evidenceJSON struct {
	Certificate string  `json:"certificate_sha256"`
	Source      string  `json:"source"`
	From        string  `json:"from"`
	State       string  `json:"state"`
	Error       *string `json:"error"`
	RevokedAt   *string `json:"revoked_at"`
	Reason      *string `json:"reason"`
	ThisUpdate  *string `json:"this_update"`
	NextUpdate  *string `json:"next_update"`
}

func evidenceDocument(v trust.Verdict) []evidenceJSON {
	all := []evidenceJSON{}
	instant := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		s := t.UTC().Format(time.RFC3339)
		return &s
	}
	for _, e := range v.Evidence {
		d := evidenceJSON{
			Certificate: cert.FingerprintOf(e.Certificate).String(), Source: string(e.Source), From: e.From, State: e.State.String(),
			RevokedAt: instant(e.Since), ThisUpdate: instant(e.ThisUpdate), NextUpdate: instant(e.NextUpdate),
		}
		if e.Err != nil {
			message := e.Err.Error()
			d.State, d.Error = trust.RevocationUnknown.String(), &message
		}
		if e.State == trust.RevocationRevoked {
			reason := e.Reason.String()
			d.Reason = &reason
		}
		all = append(all, d)
	}
	return all
}
