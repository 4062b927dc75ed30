package signcmd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jpki-tools/jpki/internal/command"
	"github.com/jpki-tools/jpki/internal/explain"
	"github.com/jpki-tools/jpki/internal/i18n"
	"github.com/jpki-tools/jpki/internal/output"
	"github.com/jpki-tools/jpki/internal/signing"
	"github.com/jpki-tools/jpki/internal/terms"
	"github.com/jpki-tools/jpki/internal/ui"
	"github.com/jpki-tools/jpki/pkg/cert"
	"github.com/jpki-tools/jpki/pkg/jpki"
	"github.com/jpki-tools/jpki/pkg/printable"
)

func reportSigned(a *command.App, c *signing.Call, jobs []*signing.Job, by signing.Signed) error {
	if a.JSON {
		return a.IO.JSON(signedDocument(a, c, jobs, by))
	}
	if c.Unnamed && !c.DryRun {
		return nil
	}
	if by.Demo {
		a.IO.Note(text{JA: "デモカードの署名です。証拠としての価値はありません。", EN: "A signature of the DEMO card: it proves nothing."})
	}
	if c.DryRun {
		return reportDryRun(a, c, jobs)
	}
	if len(jobs) == 1 {
		if !c.Quiet {
			a.IO.Say(text{JA: "「%s」を作成しました。", EN: "Made %s."}.With(jobs[0].Target))
		}
		return nil
	}
	var rows [][]string
	made := 0
	for _, job := range jobs {
		if job.Err != nil {
			rows = append(rows, []string{printable.Line(job.Input), failedResult(a, job)})
			continue
		}
		made++
		rows = append(rows, []string{printable.Line(job.Target), a.IO.Paint(ui.Good, a.IO.Text(text{JA: "作成しました", EN: "made"}))})
	}
	if _, err := fmt.Fprint(a.IO.Out, a.IO.Rows(0, rows)); err != nil {
		return err
	}
	a.IO.Say(text{JA: "%d件のうち%d件に署名しました。", EN: "Signed: %[2]d of %[1]d."}.With(len(jobs), made))
	showNextSteps(a, jobs)
	return nil
}

// showNextSteps shows the next steps for the files that were not signed, each
// once.
func showNextSteps(a *command.App, jobs []*signing.Job) {
	var shown []text
	for _, job := range jobs {
		if job.Err == nil {
			continue
		}
		next := explain.Error(job.Err).Next
		if failed, ok := errors.AsType[*output.Error](job.Err); ok && len(jobs) > 1 {
			next = explain.NotMade(failed.Path, failed.Reason, "--out-dir").Next // -o is for one
			if failed.Reason == output.ErrExists {
				next = text{
					JA: "上書きしてよければ --force を付けてください。残しておくなら、--out-dir で別のフォルダーを指定するか、1つずつ -o で別の名前を指定してください。",
					EN: "Replace them with --force. To keep them, name another folder with --out-dir, or sign one at a time and name the result with -o.",
				}
			}
		}
		if next.IsZero() || slices.Contains(shown, next) {
			continue
		}
		shown = append(shown, next)
		a.IO.Complain(text{JA: "次の手順: %s", EN: "Next: %s"}.With(next))
	}
}

func failedResult(a *command.App, job *signing.Job) string {
	return a.IO.Paint(ui.Bad, a.IO.Text(explain.Error(job.Err).What))
}

// reportDryRun lists the planned actions of signing.
func reportDryRun(a *command.App, c *signing.Call, jobs []*signing.Job) error {
	var rows [][]string
	ready := 0
	for _, job := range jobs {
		if job.Err != nil {
			rows = append(rows, []string{printable.Line(job.Input), "", failedResult(a, job)})
			continue
		}
		ready++
		target := job.Target
		if target == "" {
			target = a.IO.Text(text{JA: "標準出力", EN: "standard output"})
		}
		rows = append(rows, []string{printable.Line(job.Input), printable.Line(target), a.IO.Text(kindOf(c, job))})
		for _, over := range coverRows(job) {
			rows = append(rows, []string{"", "", a.IO.Text(over)})
		}
	}
	if _, err := fmt.Fprint(a.IO.Out, ui.Table(0, nil, rows)); err != nil {
		return err
	}
	showNextSteps(a, jobs)
	if ready == 0 {
		return nil
	}
	if c.Stamping.TSA != "" {
		a.IO.Say(text{JA: "タイムスタンプは%sから取ります。", EN: "The timestamps would come from %s."}.With(c.Stamping.TSA))
	}
	a.IO.Say(text{
		JA: "確認だけしました。実際に署名するには、%sの入力が1回必要です(%d件)。",
		EN: "Checked only. Signing would ask for the %s once (files: %d).",
	}.With(terms.PINNames[c.SigningKey()], ready))
	return nil
}

// coverRows list the content of the signatures: one, or in an application one
// for each document in it.
func coverRows(job *signing.Job) []text {
	covers := job.Covers()
	if len(covers) == 0 || job.IsApplication() {
		return covers
	}
	return []text{text{JA: "署名の対象: %s", EN: "over %s"}.With(i18n.Join(text{JA: "、", EN: ", "}, covers...))}
}

// kindOf names the kind of signature that a file would get.
func kindOf(c *signing.Call, job *signing.Job) text {
	level := "B-B"
	if c.Stamping.TSA != "" {
		level = "B-T"
	}
	kind := map[string]text{
		"cms":     {JA: "CAdES-" + level + "(分離)", EN: "CAdES-" + level + ", detached"},
		"pdf":     {JA: "登記・供託オンライン申請のPDF署名", EN: "PDF signature as the registry asks for"},
		"xmldsig": {JA: "XML署名", EN: "XML signature"},
		"xades":   {JA: "XAdES-" + level, EN: "XAdES-" + level},
		"raw":     {JA: "RSA署名だけ", EN: "bare RSA signature"},
		"egov":    {JA: "e-Govの申請", EN: "e-Gov application"},
	}[job.Format.Name]
	switch {
	case c.Attached:
		kind = text{JA: "CAdES-" + level + "(元のファイル入り)", EN: "CAdES-" + level + ", with the file inside"}
	case c.Profile == "pades":
		kind = text{JA: "PAdES-" + level, EN: "PAdES-" + level}
	}
	return text{JA: "%s、%s", EN: "%s, %s"}.With(kind, c.Hash.String())
}

// signJSON is jpki.sign/v1.
type signJSON struct {
	Schema      string          `json:"schema"`
	DryRun      bool            `json:"dry_run"`
	Demo        bool            `json:"demo"`
	Digest      string          `json:"digest"`
	SigningTime *string         `json:"signing_time"`
	Certificate *string         `json:"certificate_sha256"`
	Discloses   []string        `json:"discloses"`
	Signatures  []signatureJSON `json:"signatures"`
}

type signatureJSON struct {
	Input        string               `json:"input"`
	Output       string               `json:"output"`
	InputBase64  *string              `json:"input_base64"` // if the name is not UTF-8
	OutputBase64 *string              `json:"output_base64"`
	Format       string               `json:"format"`
	Covers       []string             `json:"covers"`
	Bytes        int64                `json:"bytes"`
	Error        *command.ProblemJSON `json:"error"`
}

func signedDocument(a *command.App, c *signing.Call, jobs []*signing.Job, by signing.Signed) signJSON {
	doc := signJSON{
		Schema: "jpki.sign/v1", DryRun: c.DryRun, Demo: by.Demo, Digest: c.Digest,
		Discloses: []string{}, Signatures: []signatureJSON{},
	}
	if c.SigningKey() == jpki.KeySign && c.Format != "raw" {
		doc.Discloses = []string{"name", "address", "birth", "sex"}
	}
	if by.Cert != nil {
		at, fingerprint := command.RFC3339(by.Time), cert.FingerprintOf(by.Cert).String()
		doc.SigningTime, doc.Certificate = &at, &fingerprint
	}
	for _, job := range jobs {
		j := signatureJSON{Input: job.Input, Output: job.Target, InputBase64: command.NameBytes(job.Input), OutputBase64: command.NameBytes(job.Target), Format: job.Format.Name, Covers: []string{}, Bytes: job.Bytes}
		for _, over := range job.Covers() {
			j.Covers = append(j.Covers, a.IO.Text(over))
		}
		if job.Err != nil {
			p := command.ProblemDocument(a.IO, explain.Error(job.Err))
			j.Error, j.Bytes = &p, 0
		}
		doc.Signatures = append(doc.Signatures, j)
	}
	return doc
}
