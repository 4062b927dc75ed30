package signing

import (
	"path/filepath"

	"github.com/jpki-tools/jpki/internal/checklist"
)

// noteOfSubmission warns if the service would refuse the name or the size of
// the signed PDF.
func (c *Call) noteOfSubmission(job *Job) {
	p := c.checklist()
	if job.Err != nil || job.Format.Name != "pdf" || p == "" || job.Target == "" {
		return
	}
	for _, item := range p.OfFile(job.Target, job.before.Size()) {
		found := text{}
		if item.Found != "" {
			found = text{JA: "(今は %s)", EN: " (it is %s)"}.With(item.Found)
		}
		c.io.Note(text{
			JA: "「%[1]s」は、%[2]sを満たさないおそれがあります: %[3]s%[4]s。%[5]s",
			EN: "%[1]s may not be taken. %[2]s: %[3]s%[4]s. %[5]s",
		}.With(filepath.Base(job.Target), p.Title(), item.What, found, item.Todo))
	}
}

// checklist is the list of the service that a PDF is signed for; "" for none.
func (c *Call) checklist() checklist.Profile {
	switch c.Profile {
	case "", string(checklist.Touki):
		return checklist.Touki
	case string(checklist.Koshonin):
		return checklist.Koshonin
	}
	return ""
}
