package signcmd

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/jpki-tools/jpki/internal/judging"
	"github.com/jpki-tools/jpki/internal/problem"
	"github.com/jpki-tools/jpki/pkg/cert"
)

// requiredSigner is somebody who must have signed: a value of --signer.
type requiredSigner struct {
	said        string // as given
	fingerprint string // in hexadecimal, "" for a name
}

// requiredSigners reads the values of --signer. It refuses an empty value,
// because a script with an unset variable passes one.
func requiredSigners(values []string) (all []requiredSigner, err error) {
	for _, v := range values {
		r := requiredSigner{said: v}
		digits := strings.ToUpper(strings.NewReplacer(":", "", " ", "").Replace(v))
		if raw, err := hex.DecodeString(digits); err == nil && len(raw) == 32 {
			r.fingerprint = digits
		}
		if oneSpace(v) == "" {
			return nil, problem.Misuse(text{JA: "--signer が空です。", EN: "--signer is empty."}).
				WithNext(text{JA: "署名者の氏名か、証明書のSHA-256フィンガープリントを指定してください。", EN: "Give the signer's name, or the SHA-256 fingerprint of the certificate."})
		}
		all = append(all, r)
	}
	return all, nil
}

// oneSpace writes any white space, the full-width one too, as one space: people
// type names either way.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// is reports whether a signature's certificate is the required signer's. Names
// are those that the CA wrote: of the holder, or else of the subject, as a whole
// or its common name.
func (r requiredSigner) is(s judging.SignatureVerdict) bool {
	switch {
	case s.Cert == nil, s.Role == judging.RoleTimestamp, s.Role == judging.RoleEmbedded:
		return false // nobody's signature of this file
	case r.fingerprint != "":
		return cert.FingerprintOf(s.Cert).String() == r.fingerprint
	case s.Holder != nil && s.Holder.Name != "":
		return oneSpace(string(s.Holder.Name)) == oneSpace(r.said)
	}
	return slices.Contains([]string{oneSpace(s.Cert.Subject.CommonName), oneSpace(cert.Name(s.Cert.RawSubject))}, oneSpace(r.said))
}

// missingSignerText tells of a signer without a signature. A name that differs
// in its spaces alone stays another name, as 林 田太郎 is not 林田 太郎, but the
// text shows how the signature has it.
func missingSignerText(who string, v judging.FileVerdict) text {
	noSpace := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for _, s := range v.Signatures {
		if s.Holder != nil && s.Holder.Name != "" && noSpace(string(s.Holder.Name)) == noSpace(who) {
			return text{
				JA: "「%s」の署名がありません(--signer)。空白の位置も署名者の氏名「%s」と同じにしてください",
				EN: "there is no signature of %s (--signer); write the name with the spaces of the signer's: %s",
			}.With(who, s.Holder.Name.String())
		}
	}
	return text{JA: "「%s」の署名がありません(--signer)", EN: "there is no signature of %s (--signer)"}.With(who)
}

// missingSigners are the signers without a signature. One that is not good, or
// cannot be decided, counts here: it decides for itself.
func missingSigners(required []requiredSigner, v judging.FileVerdict) (missing []string) {
	for _, r := range required {
		if !slices.ContainsFunc(v.Signatures, r.is) {
			missing = append(missing, r.said)
		}
	}
	return missing
}
