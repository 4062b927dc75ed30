package cli

import (
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// verifyJSON is jpki.verify/v1.
type verifyJSON struct {
	Schema string           `json:"schema"`
	Files  []fileVerdictDoc `json:"files"`
}

type fileVerdictDoc struct {
	File       string                `json:"file"`
	Error      *problemJSON          `json:"error"`
	Signatures []signatureVerdictDoc `json:"signatures"`
}

type signatureVerdictDoc struct {
	Format      string         `json:"format"`
	Where       string         `json:"where"`
	Verdict     trust.Status   `json:"verdict"`
	Demo        bool           `json:"demo"`
	Reasons     []reasonDoc    `json:"reasons"`
	Signer      string         `json:"signer"`
	Certificate *string        `json:"certificate_sha256"`
	Kind        string         `json:"kind"`
	Issuer      string         `json:"issuer_standing"`
	Algorithm   string         `json:"algorithm"`
	SigningTime *string        `json:"claimed_signing_time"`
	ProvenTime  *string        `json:"proven_time"`
	Revocation  string         `json:"revocation"`
	Evidence    []evidenceJSON `json:"revocation_evidence"`
	Covers      []string       `json:"covers"`
	After       string         `json:"added_later"`
}

type reasonDoc struct {
	Code   trust.Code `json:"code"`
	Detail string     `json:"detail"`
}

func verifyDocument(a *app, verdicts []fileVerdict) verifyJSON {
	doc := verifyJSON{Schema: "jpki.verify/v1", Files: []fileVerdictDoc{}}
	for _, v := range verdicts {
		f := fileVerdictDoc{File: v.file, Signatures: []signatureVerdictDoc{}}
		if v.err != nil {
			p := a.problemJSON(a.explain(v.err))
			f.Error = &p
		}
		for _, s := range v.signatures {
			d := signatureVerdictDoc{
				Format: s.format, Where: s.where, Covers: []string{}, After: a.say(s.after),
				Verdict: s.verdict.Status(), Demo: s.verdict.Issuer.Standing == trust.Demo, Reasons: []reasonDoc{},
				Signer: s.name, Kind: cert.Other.String(), Issuer: s.verdict.Issuer.Standing.String(),
				Algorithm: s.algorithm, Revocation: s.verdict.Revocation.String(), Evidence: evidenceDocument(s.verdict),
			}
			for _, r := range s.verdict.Reasons {
				d.Reasons = append(d.Reasons, reasonDoc{r.Code, r.Err.Error()})
			}
			if c := s.cert; c != nil {
				fingerprint := cert.FingerprintOf(c).String()
				d.Certificate, d.Kind = &fingerprint, cert.KindOf(c).String()
			}
			if t := s.claimed; !t.IsZero() {
				at := t.UTC().Format(time.RFC3339)
				d.SigningTime = &at
			}
			if t := s.proven; !t.IsZero() {
				at := t.UTC().Format(time.RFC3339)
				d.ProvenTime = &at
			}
			for _, c := range s.covers {
				d.Covers = append(d.Covers, a.say(c))
			}
			f.Signatures = append(f.Signatures, d)
		}
		doc.Files = append(doc.Files, f)
	}
	return doc
}
