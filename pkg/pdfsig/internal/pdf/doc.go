// Package pdf reads the structure of a PDF file (ISO 32000-1 and -2, clause 7):
// objects, all kinds of cross-references, object streams, and their
// dictionaries. It also writes single objects.
//
// The package is for signed files from unknown sources. It never repairs a
// file, because a repaired file may show content that nobody signed. So it
// finds objects only through cross-references and never by searching. A
// contradiction is a *[DamagedError]. Depth, size, number, loops and work are
// bounded. The package reads only requested objects, so the cost of a large
// file depends on its cross-references and on those objects.
//
// The package accepts inexact forms that every reader accepts silently and in
// the same way, such as unusual white space, entries of other widths, or a
// repeated key with the same value. It records each as a [Note].
//
// The package decrypts files that open without a password. It does not render
// pages or decode their content.
package pdf
