// Package pdfsig signs PDF files and verifies the signatures in them (ISO
// 32000-1, 12.8; ETSI EN 319 142-1 for PAdES).
//
// Signing adds an incremental update (7.5.6) and never changes a byte that was
// there: earlier signatures stay what they were. It comes in steps, so that a
// smart card's transaction holds nothing but the signature itself:
//
//	p, err := pdfsig.Prepare(file, size, pdfsig.Options{})   // parse, check
//	err = p.Hash(crypto.SHA256)                              // the one long read, all other checks
//	u, err := p.Sign(pdfsig.Statement{Name: …, Time: …}, cms.Signing{Certificate: …, Key: …})
//	_, err = u.WriteTo(out)                                  // original and update, in one pass
//
// A signature shows nothing unless [Options.Visible] says where: then Statement
// has an [Appearance] for the [Prepared.Space] that was found.
//
// [Verify] checks every signature of a file: what its ByteRange covers, its
// CMS, and what each later revision changed, object by object, each by its role
// from the trailer on. What no rule explains counts as a change of content. Every
// byte that was added is accounted for: where programs can read a file in
// different ways, the signature has an [UpdateError] and nothing is said of what
// came after it. [Report.Err] is nil only when there is a signature and all are
// good; [Signature.Changes] tell what was added all the same.
//
// Everything works on an [io.ReaderAt] and costs memory for the update and the
// objects looked at, whatever the size of the file.
//
// Whether a signer is to be believed is not decided here: see package trust.
//
// What Verify gives may be read by several goroutines. A [Prepared] and an
// [Update] are for one at a time.
//
// Stability: before version 1 of the module, names can change with a minor
// version. CHANGELOG.md then tells.
package pdfsig
