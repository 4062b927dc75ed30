// Package pdfsig signs PDF files and verifies the signatures in them (ISO
// 32000-1, 12.8; ETSI EN 319 142-1 for PAdES).
//
// Signing adds an incremental update (7.5.6) and never changes an existing
// byte, so the bytes under earlier signatures stay the same. It is split into
// steps, so that a transaction with a smart card holds nothing but the
// signature itself:
//
//	p, err := pdfsig.Prepare(file, size, pdfsig.Options{})   // parse, check
//	err = p.Hash(crypto.SHA256)                              // the one long read, all other checks
//	u, err := p.Sign(pdfsig.Statement{Name: …, Time: …}, cms.Signing{Certificate: …, Key: …})
//	_, err = u.WriteTo(out)                                  // original and update, in one pass
//
// A signature is invisible unless [Options.Visible] gives it a place. The
// Statement of a visible signature needs an [Appearance] that fits
// [Prepared.Space].
//
// [Verify] checks every signature of a file: its ByteRange, its CMS, and the
// changes in each later revision. It compares revisions object by object, and
// judges each object by its role in the document. A change that no rule allows
// counts as a change of content. Verify also accounts for every added byte. If
// programs could read the file in different ways, the signature gets an
// [UpdateError], and Verify makes no statement about later changes.
// [Report.Err] is nil only when there is at least one signature and all
// signatures are good. [Signature.Changes] lists the later changes even then.
//
// Everything works on an [io.ReaderAt]. Memory use depends on the update and on
// the objects read, not on the size of the file.
//
// This package does not decide whether to trust a signer: see package trust.
//
// The results of Verify may be read by several goroutines. A [Prepared] and an
// [Update] may be used by one goroutine at a time.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md lists such changes.
package pdfsig
