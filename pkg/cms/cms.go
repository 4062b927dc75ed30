// Package cms signs and verifies with CMS SignedData (RFC 5652) in the CAdES
// baseline profile B-B (ETSI EN 319 122-1): the format of a .p7s file.
//
// [HashContent] reads content of any size once, in constant memory. [Signing]
// makes a detached signature over that digest with a crypto.Signer, which may
// be a card that does nothing but sign; [WriteAttached] puts the content into
// it, as a .p7m file has it. [Parse] reads DER, and BER as other programs write
// it, [Read] a file of any size without keeping its content, and
// [SignedData.Verify] checks every signer.
//
// This package verifies the mathematics and the form: that the key in the
// signer's certificate signed this content under these attributes, by
// algorithms that still prove something. Whether that certificate is to be
// believed, was in force or was revoked is not a question of CMS and has no
// answer here: package trust takes [Result.Err] and Result.Certificate.
//
// Input to Parse is taken to be hostile: depth, size and number of elements
// are bounded, and nothing is accepted for lack of a signer.
//
// A [SignedData] and a [Content] can be used by several goroutines at once, and
// so can a [Signing] if its Key can.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package cms
