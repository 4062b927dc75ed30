package pdfsig

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Errors of reading.
var (
	// ErrNotPDF reports a file without a %PDF header in its first 1024 bytes.
	ErrNotPDF = pdf.ErrNotPDF
	// ErrPassword reports an encrypted file that needs a password to open.
	ErrPassword = pdf.ErrPassword
	// ErrEncryption reports a file encrypted for certificates, or with an
	// algorithm that this package does not support.
	ErrEncryption = pdf.ErrEncryption
)

// DamagedError reports a file that violates ISO 32000 in a part that this
// package must read. Fault is the damaged part. Offset, an int64, counts from
// the header's percent sign; it is -1 if there is no single place. Number is
// the object number, or 0 if unknown. Err has details for developers. This
// package neither signs nor judges such a file: other readers would repair it
// in different ways.
type DamagedError = pdf.DamagedError

// Fault is the damaged part of a file in a [DamagedError].
type Fault = pdf.Fault

// Faults of a file.
const (
	FaultEnd            = pdf.FaultEnd
	FaultCrossReference = pdf.FaultCrossReference
	FaultObject         = pdf.FaultObject
	FaultTwice          = pdf.FaultTwice
	FaultCatalog        = pdf.FaultCatalog
	FaultPages          = pdf.FaultPages
	FaultForm           = pdf.FaultForm
	FaultStructure      = pdf.FaultStructure
	FaultFilter         = pdf.FaultFilter
	FaultTooLarge       = pdf.FaultTooLarge
)

// Reasons why a file cannot be signed.
var (
	// ErrEncrypted reports an encrypted file with the profile [Touki]. The
	// registry accepts no encrypted files.
	ErrEncrypted = errors.New("pdfsig: the file is encrypted, which the profile does not allow")
	// ErrNotPermitted reports an encrypted file with permissions that forbid
	// this signature to anyone without the owner's password.
	ErrNotPermitted = errors.New("pdfsig: the permissions of the encrypted file do not allow this signature")
	// ErrCertified reports a file with a certification that allows no change
	// (DocMDP, P 1). Any further signature would break it.
	ErrCertified = errors.New("pdfsig: the file is certified against any change")
	// ErrDynamicForm reports a dynamic XFA form. Its viewer builds the pages at
	// run time, so the file does not contain the content to sign.
	ErrDynamicForm = errors.New("pdfsig: the file is a dynamic XFA form")
	// ErrProfile reports a profile that this package does not know.
	ErrProfile = errors.New("pdfsig: unknown profile")
	// ErrToukiName reports a statement without Name for the profile Touki.
	ErrToukiName = errors.New("pdfsig: the profile Touki wants the signer's name")
	// ErrToukiTime reports a statement without Time for the profile Touki.
	ErrToukiTime = errors.New("pdfsig: the profile Touki wants the time of signing")
	// ErrToukiKey reports a key other than RSA for the profile Touki.
	ErrToukiKey = errors.New("pdfsig: the profile Touki wants an RSA key")
	// ErrToukiTimestamp reports a request for a timestamp with the profile
	// Touki.
	ErrToukiTimestamp = errors.New("pdfsig: the profile Touki has no timestamp")
	// ErrNoField reports that no signature field has the given name.
	ErrNoField = errors.New("pdfsig: no signature field of this name")
	// ErrFieldSigned reports a field that already has a signature.
	ErrFieldSigned = errors.New("pdfsig: the field is already signed")
	// ErrFieldLocked reports a field locked by an earlier signature (FieldMDP).
	ErrFieldLocked = errors.New("pdfsig: an earlier signature has locked the field")
	// ErrFieldDemands reports a field with seed values or a lock that require
	// something this package does not support.
	ErrFieldDemands = errors.New("pdfsig: the field demands something else of its signature")
	// ErrNoNewField reports a visible signature in a new field that would break
	// an earlier certification or lock.
	ErrNoNewField = errors.New("pdfsig: an earlier signature allows no new field that shows itself")
	// ErrFieldHidden reports a field that is visible on no page, or on several.
	ErrFieldHidden = errors.New("pdfsig: the field has no place where it shows itself")
	// ErrNoSpace reports a page without room for a visible signature in the
	// chosen corner.
	ErrNoSpace = errors.New("pdfsig: no room for the signature on the page")
	// ErrAppearance reports an appearance that is missing or does not fit its
	// space.
	ErrAppearance = errors.New("pdfsig: the appearance does not fit")
	// ErrEmpty reports a file without pages.
	ErrEmpty = errors.New("pdfsig: the file has no page")
	// ErrNoPage reports a page number that the file does not have.
	ErrNoPage = errors.New("pdfsig: no such page")
	// ErrTooLarge reports a file with offsets too large for its cross-reference
	// table.
	ErrTooLarge = errors.New("pdfsig: the file is too large for its kind of cross-reference")
)

// Errors of steps in the wrong order, and of changes between the steps.
var (
	// ErrChanged reports that the original changed between hashing and copying.
	// Discard the output.
	ErrChanged = errors.New("pdfsig: the file changed while it was being signed")
	// ErrHash reports a hash function that the profile does not allow, that the
	// program does not link, or that does not implement [hash.Cloner]. All hash
	// functions of package cms implement it.
	ErrHash = errors.New("pdfsig: hash function not available")
	// ErrNotHashed reports a call of Sign or Update before Hash.
	ErrNotHashed = errors.New("pdfsig: the file is not hashed yet")
	// ErrNotEmbedded reports a call of WriteTo before Embed.
	ErrNotEmbedded = errors.New("pdfsig: the signature is not made yet")
)

// ContentsError reports a signature that is larger than the room reserved for
// it.
type ContentsError struct{ Size, Room int }

func (e *ContentsError) Error() string {
	return fmt.Sprintf("pdfsig: the signature has %d bytes, the file has room for %d", e.Size, e.Room)
}
