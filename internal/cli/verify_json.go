package cli

import (
	"io"
	"time"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
)

// verifyDocument writes jpki.verify/v1 file by file: {"schema", "files"}.
type verifyDocument struct {
	io       *ui.IO
	personal bool
	profile  checklist.Profile
	begun    bool
}

type fileVerdictDoc struct {
	File       string                `json:"file"`
	Verdict    *trust.Status         `json:"verdict"` // the gravest; null with an error
	Error      *problemJSON          `json:"error"`
	Signatures []signatureVerdictDoc `json:"signatures"`
	Notes      []string              `json:"notes"`
	Missing    []string              `json:"missing_signers"`
}

type signatureVerdictDoc struct {
	Format      string                `json:"format"`
	Role        role                  `json:"role"`
	Where       string                `json:"where"`
	Verdict     trust.Status          `json:"verdict"`
	Demo        bool                  `json:"demo"`
	Reasons     []reasonDoc           `json:"reasons"`
	Signer      string                `json:"signer"`
	Substitutes []int                 `json:"signer_substitutes"`
	Holder      *holderJSON           `json:"holder"`
	Certificate *string               `json:"certificate_sha256"`
	Kind        string                `json:"kind"`
	Issuer      string                `json:"issuer_standing"`
	Algorithm   string                `json:"algorithm"`
	SigningTime *string               `json:"claimed_signing_time"`
	ProvenTime  *string               `json:"proven_time"`
	Timestamps  []stampDoc            `json:"timestamps"`
	Revocation  string                `json:"revocation"`
	Evidence    []evidenceJSON        `json:"revocation_evidence"`
	Covers      []string              `json:"covers"`
	Outside     []string              `json:"outside"`
	After       string                `json:"added_later"`
	Counter     []signatureVerdictDoc `json:"counter_signatures"`
	Touki       *checklistDoc         `json:"touki"`
}

type reasonDoc struct {
	Code   trust.Code `json:"code"`
	Detail string     `json:"detail"`
}

type stampDoc struct {
	Time      *string `json:"time"` // null where the timestamp cannot be read
	Authority string  `json:"authority"`
	Believed  bool    `json:"believed"`
	Reason    string  `json:"reason"` // why not
}

// checklistDoc is there only with --profile.
type checklistDoc struct {
	Profile      string           `json:"profile"`
	Acceptance   string           `json:"acceptance"` // always "unverified"
	NotMet       int              `json:"not_met"`
	Requirements []requirementDoc `json:"requirements"`
}

type requirementDoc struct {
	Item   string        `json:"item"`
	Answer pdfsig.Answer `json:"answer"`
	Found  string        `json:"found"`
	What   string        `json:"what"`
	Todo   string        `json:"todo"`
}

func (d *verifyDocument) add(v fileVerdict) error {
	before := ",\n"
	if !d.begun {
		before = "{\n  \"schema\": \"jpki.verify/v1\",\n  \"files\": [\n"
	}
	d.begun = true
	if _, err := io.WriteString(d.io.Out, before+"    "); err != nil {
		return err
	}
	return ui.WriteJSONPart(d.io.Out, d.file(v), "    ", "  ")
}

func (d *verifyDocument) end() error {
	_, err := io.WriteString(d.io.Out, "\n  ]\n}\n")
	return err
}

func (d *verifyDocument) file(v fileVerdict) fileVerdictDoc {
	f := fileVerdictDoc{File: v.file, Signatures: []signatureVerdictDoc{}, Notes: []string{}, Missing: nonNil(v.missing)}
	for _, n := range v.notes {
		f.Notes = append(f.Notes, d.io.Text(n))
	}
	if v.err != nil {
		p := problemDocument(d.io, explain.Error(v.err))
		f.Error = &p
		return f
	}
	status := v.status()
	f.Verdict = &status
	for _, s := range v.signatures {
		f.Signatures = append(f.Signatures, d.signature(s))
	}
	return f
}

func (d *verifyDocument) signature(s signatureVerdict) signatureVerdictDoc {
	doc := signatureVerdictDoc{
		Format: s.format, Role: s.role, Where: s.where, Covers: []string{}, Outside: []string{}, After: d.io.Text(s.after),
		Verdict: s.verdict.Status(), Demo: s.verdict.Issuer.Standing == trust.Demo, Reasons: []reasonDoc{},
		Substitutes: []int{}, Kind: cert.Other.String(), Issuer: s.verdict.Issuer.Standing.String(),
		Algorithm: s.algorithm, Revocation: s.verdict.Revocation.String(), Evidence: evidenceDocument(s.verdict),
		SigningTime: momentOrNull(s.claimed), ProvenTime: momentOrNull(s.proven),
		Timestamps: []stampDoc{}, Counter: []signatureVerdictDoc{},
	}
	for _, r := range s.verdict.Reasons {
		doc.Reasons = append(doc.Reasons, reasonDoc{r.Code, r.Err.Error()})
	}
	if c := s.cert; c != nil {
		fingerprint := cert.FingerprintOf(c).String()
		doc.Certificate, doc.Kind = &fingerprint, cert.KindOf(c).String()
		doc.Signer = cert.Name(c.RawSubject)
	}
	if h := s.holder; h != nil {
		doc.Signer, doc.Substitutes = string(h.Name), nonNil(h.NameSubstitutes)
		if d.personal {
			doc.Holder = holderDocument(*h)
		}
	}
	for _, t := range s.timestamps() {
		doc.Timestamps = append(doc.Timestamps, d.stamp(t))
	}
	for _, c := range s.covers {
		doc.Covers = append(doc.Covers, d.io.Text(c))
	}
	for _, o := range s.outside {
		doc.Outside = append(doc.Outside, d.io.Text(o))
	}
	for _, c := range s.counter {
		doc.Counter = append(doc.Counter, d.signature(c))
	}
	if s.checklist != nil {
		doc.Touki = d.checklist(s.checklist)
	}
	return doc
}

func (d *verifyDocument) stamp(t stamp) stampDoc {
	var doc stampDoc
	if t.Timestamp != nil {
		doc.Time = momentOrNull(t.Time)
	}
	if t.by != nil {
		doc.Authority = cert.Name(t.by.RawSubject)
	}
	if doc.Believed = t.doubt == nil; !doc.Believed {
		doc.Reason = t.doubt.Err.Error()
	}
	return doc
}

func (d *verifyDocument) checklist(list []checklist.Item) *checklistDoc {
	doc := &checklistDoc{Profile: string(d.profile), Acceptance: "unverified", NotMet: checklist.Unmet(list)}
	for _, r := range list {
		line := requirementDoc{Item: r.Name, Answer: r.Answer, Found: r.Found, What: d.io.Text(r.What)}
		if r.Answer != pdfsig.Met {
			line.Todo = d.io.Text(r.Todo)
		}
		doc.Requirements = append(doc.Requirements, line)
	}
	return doc
}

// momentOrNull writes a time as verify/v1 has it, in UTC.
func momentOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}
