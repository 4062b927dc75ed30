package pdfsig

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/pdfsig/internal/pdf"
)

// Errors of reading.
var (
	// ErrNotPDF is a file without a %PDF header in its first 1024 bytes.
	ErrNotPDF = pdf.ErrNotPDF
	// ErrPassword is an encrypted file that does not open without a password.
	ErrPassword = pdf.ErrPassword
	// ErrEncryption is a file that is encrypted by certificates, or in another
	// way that this package does not know.
	ErrEncryption = pdf.ErrEncryption
)

// DamagedError is a file that is not what ISO 32000 asks for, in a place that
// matters here. Its field Fault is the part of the file that is wrong; Offset, an
// int64, counts the bytes to there from the header's percent sign, and is -1
// where there is no one place; Number is the object's, 0 where that is not
// known; Err says what is wrong, for developers. Such a file is neither signed
// nor judged: to guess would be worse, as other readers guess otherwise.
type DamagedError = pdf.DamagedError

// Fault is the part of a file that a [DamagedError] is about.
type Fault = pdf.Fault

// The faults.
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
	// ErrEncrypted is an encrypted file with the profile [Touki]: the registry
	// takes none.
	ErrEncrypted = errors.New("pdfsig: the file is encrypted, which the profile does not allow")
	// ErrNotPermitted is an encrypted file whose author lets nobody sign it
	// like this who does not know the owner's password.
	ErrNotPermitted = errors.New("pdfsig: the permissions of the encrypted file do not allow this signature")
	// ErrCertified is a file whose author's certification allows no change
	// (DocMDP, P 1): any signature would break it.
	ErrCertified = errors.New("pdfsig: the file is certified against any change")
	// ErrDynamicForm is a form that its viewer builds from XFA each time: what
	// it shows is not in the file, so that it cannot be signed.
	ErrDynamicForm = errors.New("pdfsig: the file is a dynamic XFA form")
	// ErrProfile is a profile that this package does not make.
	ErrProfile = errors.New("pdfsig: unknown profile")
	// ErrToukiName is a signature with the profile Touki whose statement has no
	// Name.
	ErrToukiName = errors.New("pdfsig: the profile Touki wants the signer's name")
	// ErrToukiTime is a signature with the profile Touki whose statement has no
	// Time.
	ErrToukiTime = errors.New("pdfsig: the profile Touki wants the time of signing")
	// ErrToukiKey is a key that the profile Touki does not allow: it wants RSA.
	ErrToukiKey = errors.New("pdfsig: the profile Touki wants an RSA key")
	// ErrToukiTimestamp is a timestamp on a signature with the profile Touki.
	ErrToukiTimestamp = errors.New("pdfsig: the profile Touki has no timestamp")
	// ErrNoField is a field name that no signature field has.
	ErrNoField = errors.New("pdfsig: no signature field of this name")
	// ErrFieldSigned is a field that already has a signature.
	ErrFieldSigned = errors.New("pdfsig: the field is already signed")
	// ErrFieldLocked is a field that an earlier signature locked (FieldMDP).
	ErrFieldLocked = errors.New("pdfsig: an earlier signature has locked the field")
	// ErrFieldDemands is a field whose seed values or lock ask for something
	// of its signature that this package does not do.
	ErrFieldDemands = errors.New("pdfsig: the field demands something else of its signature")
	// ErrNoNewField is a visible signature in a field of its own, which would
	// break an earlier one: a certification or a lock.
	ErrNoNewField = errors.New("pdfsig: an earlier signature allows no new field that shows itself")
	// ErrFieldHidden is a field that shows nothing on any page, or on several.
	ErrFieldHidden = errors.New("pdfsig: the field has no place where it shows itself")
	// ErrNoSpace is a page without room for a visible signature in that corner.
	ErrNoSpace = errors.New("pdfsig: no room for the signature on the page")
	// ErrAppearance is a missing appearance, or one that does not fit its space.
	ErrAppearance = errors.New("pdfsig: the appearance does not fit")
	// ErrEmpty is a file without a page: there is nothing to sign.
	ErrEmpty = errors.New("pdfsig: the file has no page")
	// ErrNoPage is a page number that the file does not have.
	ErrNoPage = errors.New("pdfsig: no such page")
	// ErrTooLarge is a file whose offsets do not fit a cross-reference table.
	ErrTooLarge = errors.New("pdfsig: the file is too large for its kind of cross-reference")
)

// Errors of the order of steps, and of what happens between them.
var (
	// ErrChanged is an original that was not the same when it was copied as
	// when it was hashed. What was written is worth nothing.
	ErrChanged = errors.New("pdfsig: the file changed while it was being signed")
	// ErrHash is a hash function that the profile does not allow, that is not
	// linked in, or that cannot go on from a point twice. All of package cms's
	// can.
	ErrHash = errors.New("pdfsig: hash function not available")
	// ErrNotHashed is a Sign or an Update before Hash.
	ErrNotHashed = errors.New("pdfsig: the file is not hashed yet")
	// ErrNotEmbedded is a WriteTo of an Update before Embed.
	ErrNotEmbedded = errors.New("pdfsig: the signature is not made yet")
)

// ContentsError is a signature that is larger than the room left for it.
type ContentsError struct{ Size, Room int }

func (e *ContentsError) Error() string {
	return fmt.Sprintf("pdfsig: the signature has %d bytes, the file has room for %d", e.Size, e.Room)
}
