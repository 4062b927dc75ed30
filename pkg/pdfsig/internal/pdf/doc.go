// Package pdf reads the structure of a PDF file (ISO 32000-1 and -2, clause 7):
// objects, cross-references of every kind, object streams, and the dictionaries
// behind them; and it writes single objects.
//
// It is made for files that come from strangers and for signatures, where a
// reader that repairs is a danger: what is shown after a repair need not be
// what was signed. So a file is read by its cross-references and never by
// searching, what contradicts itself is a *[DamagedError], and depth, size,
// number, loops and work are bounded. Nothing is read that is not asked for: a
// file of any size costs its cross-references and the objects wanted.
//
// What every reader takes silently and alike is taken, too, and noted where it
// is ([Note]): blanks where none belong, entries of other widths, a key that
// comes twice with one value.
//
// Encrypted files are decrypted that open without a password. Nothing is
// rendered, and no content decoded.
package pdf
