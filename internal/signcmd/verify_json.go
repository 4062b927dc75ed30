package signcmd

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jpki-tools/jpki/internal/checklist"
	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/inspect"
	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/internal/version"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/pdfsig"
	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/xmlsig"
)

// verifyDocument writes jpki.verify/v1 file by file: {"schema", …, "files"}.
type verifyDocument struct {
	ctx        context.Context
	io         *ui.IO
	now        time.Time
	conditions text
	required   bool // proof that nothing is revoked
	stamps     bool // authorities of timestamps were named
	personal   bool
	profile    checklist.Profile
	begun      bool
}

type fileVerdictDoc struct {
	File       string                `json:"file"`
	FileBase64 *string               `json:"file_base64"` // if the name is not UTF-8
	Size       *int64                `json:"size"`
	SHA256     *string               `json:"sha256"`
	Verdict    *trust.Status         `json:"verdict"` // the worst; null with an error
	Result     fileResult            `json:"result"`
	Error      *command.ProblemJSON  `json:"error"`
	Signatures []signatureVerdictDoc `json:"signatures"`
	Notes      []string              `json:"notes"`
	Missing    []string              `json:"missing_signers"`
}

type signatureVerdictDoc struct {
	Format      string                `json:"format"`
	Role        judging.Role          `json:"role"`
	Where       string                `json:"where"`
	Verdict     trust.Status          `json:"verdict"`
	Indication  string                `json:"indication"`
	Policy      policy                `json:"indication_policy"`
	Demo        bool                  `json:"demo"`
	Reasons     []reasonDoc           `json:"reasons"`
	Signer      string                `json:"signer"`
	Unproven    string                `json:"unproven_signer"`
	Substitutes []int                 `json:"signer_substitutes"`
	Holder      *holderJSON           `json:"holder"`
	Certificate *string               `json:"certificate_sha256"`
	About       *signerCertificateDoc `json:"certificate"`
	Kind        string                `json:"kind"`
	Issuer      string                `json:"issuer_standing"`
	Algorithm   string                `json:"algorithm"`
	SigningTime *string               `json:"claimed_signing_time"`
	ProvenTime  *string               `json:"proven_time"`
	Timestamps  []stampDoc            `json:"timestamps"`
	Revocation  string                `json:"revocation"`
	Evidence    []evidenceJSON        `json:"revocation_evidence"`
	Form        xmlsig.Profile        `json:"form"`
	Covers      []string              `json:"covers"`
	Outside     []string              `json:"outside"`
	Unsigned    []unsignedDoc         `json:"unsigned"`
	Notes       []string              `json:"notes"`
	NotChecked  []notCheckedDoc       `json:"not_checked"`
	After       string                `json:"added_later"`
	Changes     []changeDoc           `json:"changes"`
	Unchanged   bool                  `json:"unchanged"`
	More        bool                  `json:"shows_more"`
	SavedAgain  bool                  `json:"saved_again"`
	Counter     []signatureVerdictDoc `json:"counter_signatures"`
	Touki       *checklistDoc         `json:"touki"`
}

type reasonDoc struct {
	Code   trust.Code `json:"code"`
	Detail string     `json:"detail"`
	Text   string     `json:"text"`
}

// signerCertificateDoc is the content of the signer's certificate.
type signerCertificateDoc struct {
	Subject   string   `json:"subject"`
	Issuer    string   `json:"issuer"`
	Serial    string   `json:"serial"`
	NotBefore *string  `json:"not_before"`
	NotAfter  *string  `json:"not_after"`
	Key       string   `json:"key"`
	KeyUsage  []string `json:"key_usage"`
}

// notCheckedDoc is a check that was not made, and the reason.
type notCheckedDoc struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// unsignedDoc is something that an XML signature leaves out.
type unsignedDoc struct {
	Kind      xmlsig.OutsideKind `json:"kind"`
	Name      string             `json:"name"`
	Value     string             `json:"value"`
	Permitted bool               `json:"permitted"` // by the form: the verdict stands
}

type stampDoc struct {
	Time      *string `json:"time"` // null where the timestamp cannot be read
	Authority string  `json:"authority"`
	Believed  bool    `json:"believed"`
	Reason    string  `json:"reason"` // why not
	Archive   bool    `json:"archive"`
	Revoked   string  `json:"revocation"` // of the authority
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

func (d *verifyDocument) add(v judging.FileVerdict) error {
	if err := d.begin(",\n"); err != nil {
		return err
	}
	if _, err := io.WriteString(d.io.Out, "    "); err != nil {
		return err
	}
	return ui.WriteJSONPart(d.io.Out, d.file(v), "    ", "  ")
}

// begin writes the text before the files, or between two of them.
func (d *verifyDocument) begin(between string) error {
	if d.begun {
		_, err := io.WriteString(d.io.Out, between)
		return err
	}
	d.begun = true
	if _, err := io.WriteString(d.io.Out, "{\n  \"schema\": \"jpki.verify/v1\",\n"); err != nil {
		return err
	}
	for _, member := range []struct {
		name  string
		value any
	}{{"checked_at", momentOrNull(d.now)}, {"program", "jpki " + version.Number}, {"conditions", d.io.Text(d.conditions)}} {
		if _, err := fmt.Fprintf(d.io.Out, "  %q: ", member.name); err != nil {
			return err
		}
		if err := ui.WriteJSONPart(d.io.Out, member.value, "  ", "  "); err != nil {
			return err
		}
		if _, err := io.WriteString(d.io.Out, ",\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(d.io.Out, "  \"files\": [\n")
	return err
}

func (d *verifyDocument) end(bare []string) error {
	if err := d.begin(""); err != nil {
		return err
	}
	if _, err := io.WriteString(d.io.Out, "\n  ],\n  \"without_signature\": "); err != nil {
		return err
	}
	if err := ui.WriteJSONPart(d.io.Out, command.NonNil(bare), "  ", "  "); err != nil {
		return err
	}
	_, err := io.WriteString(d.io.Out, "\n}\n")
	return err
}

func (d *verifyDocument) file(v judging.FileVerdict) fileVerdictDoc {
	f := fileVerdictDoc{File: v.File, Result: resultOf(v), Signatures: []signatureVerdictDoc{}, Notes: []string{}, Missing: command.NonNil(v.Missing)}
	f.FileBase64 = command.NameBytes(v.File)
	if size, digest, ok := fileDigest(d.ctx, v.Path); ok {
		f.Size, f.SHA256 = &size, &digest
	}
	for _, n := range v.Notes {
		f.Notes = append(f.Notes, d.io.Text(n))
	}
	if v.Err != nil {
		p := command.ProblemDocument(d.io, explain.Error(v.Err))
		f.Error = &p
		return f
	}
	status := v.Status()
	f.Verdict = &status
	for _, s := range v.Signatures {
		f.Signatures = append(f.Signatures, d.signature(s))
	}
	return f
}

func (d *verifyDocument) signature(s judging.SignatureVerdict) signatureVerdictDoc {
	doc := signatureVerdictDoc{
		Format: s.Format, Role: s.Role, Where: s.Where, Form: s.Form, Covers: []string{}, Outside: []string{}, Unsigned: []unsignedDoc{}, Notes: []string{}, NotChecked: []notCheckedDoc{}, Indication: indication(s.Verdict), After: d.io.Text(s.After),
		Changes: changeDocuments(d.io, s), Unchanged: !s.Changed, More: s.More, SavedAgain: s.SavedAgain, Policy: policyOf(s.Verdict, d.required),
		Verdict: s.Verdict.Status(), Demo: s.Verdict.Issuer.Standing == trust.Demo, Reasons: []reasonDoc{},
		Substitutes: []int{}, Kind: cert.Other.String(), Issuer: s.Verdict.Issuer.Standing.String(),
		Algorithm: s.Algorithm, Revocation: s.Verdict.Revocation.String(), Evidence: evidenceDocument(s.Verdict),
		SigningTime: momentOrNull(s.Claimed), ProvenTime: momentOrNull(s.Proven),
		Timestamps: []stampDoc{}, Counter: []signatureVerdictDoc{},
	}
	for _, r := range s.Verdict.Reasons {
		doc.Reasons = append(doc.Reasons, reasonDoc{r.Code, r.Err.Error(), d.io.Text(judging.ReasonText(r))})
	}
	if c := s.Cert; c != nil {
		fingerprint := cert.FingerprintOf(c).String()
		doc.Certificate, doc.Kind = &fingerprint, cert.KindOf(c).String()
		doc.Signer = cert.Name(c.RawSubject)
		doc.About = &signerCertificateDoc{
			cert.Name(c.RawSubject), cert.Name(c.RawIssuer), cert.Serial(c.SerialNumber), momentOrNull(c.NotBefore), momentOrNull(c.NotAfter), inspect.KeyText(c), command.NonNil(inspect.KeyUsages(c)),
		}
	}
	if s.Unproven != nil {
		doc.Unproven = holderName(s.Unproven)
	}
	if h := s.Holder; h != nil {
		doc.Signer, doc.Substitutes = string(h.Name), command.NonNil(h.NameSubstitutes)
		if d.personal {
			doc.Holder = holderDocument(*h)
		}
	}
	for _, t := range s.Timestamps() {
		doc.Timestamps = append(doc.Timestamps, d.stamp(t))
	}
	for _, c := range s.Covers {
		doc.Covers = append(doc.Covers, d.io.Text(c))
	}
	for _, u := range uncheckedOf(s, d.stamps) {
		doc.NotChecked = append(doc.NotChecked, notCheckedDoc{d.io.Text(u.What), d.io.Text(u.Why)})
	}
	for _, o := range s.Outside {
		doc.Outside = append(doc.Outside, d.io.Text(o))
	}
	for _, o := range s.Left {
		doc.Unsigned = append(doc.Unsigned, unsignedDoc{o.Kind, o.Name, o.Text, o.Permitted})
	}
	for _, n := range s.Notes {
		doc.Notes = append(doc.Notes, d.io.Text(n))
	}
	for _, c := range s.Counter {
		doc.Counter = append(doc.Counter, d.signature(c))
	}
	if s.Checklist != nil {
		doc.Touki = d.checklist(s.Checklist)
	}
	return doc
}

func (d *verifyDocument) stamp(t judging.Stamp) stampDoc {
	doc := stampDoc{Archive: t.Archive, Revoked: t.Revocation.String()}
	if t.Timestamp != nil {
		doc.Time = momentOrNull(t.Time)
	}
	if t.By != nil {
		doc.Authority = cert.Name(t.By.RawSubject)
	}
	if doc.Believed = t.Doubt == nil; !doc.Believed {
		doc.Reason = t.Doubt.Err.Error()
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

// changeDoc is a change in the JSON document.
type changeDoc struct {
	Level  string            `json:"level"`
	Kind   pdfsig.ChangeKind `json:"kind"`
	About  string            `json:"about"`
	Pages  []int             `json:"pages"`
	Field  string            `json:"field"`
	Object *int              `json:"object"`
	Key    string            `json:"key"`
	Shown  bool              `json:"shown"`
	Permit bool              `json:"allowed"`
	Text   string            `json:"text"`
	Detail string            `json:"detail"`
}

func changeDocuments(out *ui.IO, s judging.SignatureVerdict) []changeDoc {
	docs := []changeDoc{}
	allowed := allowedOf(s)
	for _, c := range s.Changes {
		doc := changeDoc{
			Level: c.Level.String(), Kind: c.Kind, About: string(c.About), Pages: command.NonNil(c.Pages), Field: c.Field,
			Key: c.Key, Shown: c.Shown, Permit: allowed(c), Text: out.Text(judging.ChangeText(c)), Detail: c.Detail,
		}
		if c.Object > 0 {
			doc.Object = &c.Object
		}
		docs = append(docs, doc)
	}
	return docs
}
