// Package xmlsig canonicalises, signs and verifies XML: Canonical XML 1.0 and
// 1.1, Exclusive XML Canonicalization 1.0, XML-DSig 1.1, XAdES-B-B and B-T
// (ETSI EN 319 132-1), and the forms in which Japan's e-Gov and e-Tax take
// signed documents in and send them out.
//
// # Reading
//
// [Parse] reads UTF-8, UTF-16, Shift_JIS, Windows-31J and EUC-JP, and refuses a
// document type declaration and everything that is not well-formed, with line
// and column. A [Document] holds no tree: it reads its bytes again for each
// question, so that a document of any size costs its own bytes and little else.
// [Limits] bound the cost of a hostile one.
//
// # Signing
//
// Signing has two steps, because the key is on a card. [Document.Prepare] reads
// and digests, without certificate and key; [Prepared.Sign] adds both, uses the
// key once, as the last thing that can fail, and checks the signature.
// [Signed.WriteTo] writes the document: outside the new signature every byte is
// as it was. A signature that would break one that is already there is refused,
// and so is a document in which readers of its encoding see different
// characters.
//
// # Verifying
//
// [Document.Verify] gives a [Result] for each signature, wherever it stands.
// [Results.Err] is nil only when there is at least one and all are good. Good
// means more than the arithmetic of XML-DSig: the signature covers the document
// that it is in, or all that the form of the document ([Profile]) wants signed,
// because the rest can be anybody's; [Result.Outside] lists the parts left out.
// Ids are unique; algorithms and transforms are among those that can be seen
// through. There is no XPath and no XSLT, and HMAC is nobody's signature. Files
// that references name come from [Verification.Open], and nothing ever comes
// from a network.
//
// # Forms
//
// [Document.Detect] recognises a form by the root, its namespace and its
// structure, never by the name of a file. [Options.Profile] signs in a form:
// the slot, the references and the algorithms are those that documents have
// which the service took, and leave no choice. Whether the services take
// anything else is not known. [Document.EGov] reads which files an application
// consists of.
//
// Whether a certificate is to be believed is not decided here: a [Result] gives
// the certificate and the time that the signer claims (package trust), and
// timestamps for others to check (package cms).
//
// A [Document] can be used by several goroutines at once, a [Prepared] and a
// [Signed] by one at a time.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package xmlsig
