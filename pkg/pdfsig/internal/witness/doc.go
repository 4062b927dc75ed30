// Package witness contains only tests. They compare the verdicts of package
// pdfsig on signed files with the display of other programs.
//
// TestOneReading covers signed files and their updates, TestPrepared files with
// content hidden before signing, TestHealthy unusual but valid files, and
// TestPrograms updates by other programs.
//
// The tests make files from fixed seeds, sign them, and update them, both as
// honest programs do and in every known way that makes a reader show something
// else. Poppler, MuPDF, Ghostscript, pdf.js (Firefox) and PDFium (Chrome) draw
// the signed revision and the whole file and extract their text; qpdf checks
// the honest files. A test fails if the verdict is "genuine" but a reader shows
// something else, if a hostile update is accepted, or if an honest one is
// rejected.
//
//	go test -tags foreign ./pkg/pdfsig/internal/witness        one of each kind, and one case in 100
//	JPKI_WITNESS_SHARE=1 …                                     all 33,000; 10:3 is one in ten, from the third on
//	JPKI_WITNESS_RUN='tagged signature' JPKI_WITNESS_FOUND=DIR cases by name; the files of those that fail
//	JPKI_WITNESS_HABITS=1 … -v -run Habits                     measures the table below
//
// pdf.js and PDFium are modules of .ci/witness, which .ci/test installs.
//
// # How readers handle inexact files
//
// Observed with poppler 22.12, MuPDF 1.21.1, Ghostscript 10.00, pdf.js 5.6.205
// and PDFium of @hyzyla/pdfium 2.1.13, by TestHabits. The test adds validation
// data to a signed file and hides another version of the page's content in a
// gap of the update. Only a reader that rebuilds the cross-references from the
// bytes finds this version, because such a reader takes the last object with
// each number.
//
//	inexact                               poppler  MuPDF    gs       pdf.js   PDFium
//	startxref or Prev off by 1 and more   rebuilds rebuilds rebuilds rebuilds rebuilds
//	startxref inside a stream's number     reads    rebuilds reads    reads    reads
//	offset at the line end before         reads    reads    reads    reads    reads
//	offset off otherwise, or behind end   rebuilds rebuilds rebuilds rebuilds rebuilds
//	no Size, or one too small by much     reads    reads    rebuilds reads    reads      in a table
//	                                      refuses  rebuilds rebuilds reads    reads      in a stream
//	Size 2^30                             rebuilds rebuilds reads    reads    reads      in a table
//	no startxref in the last 1,024 bytes  reads    rebuilds reads    reads    reads
//	none in the last 4,096                reads    rebuilds reads    reads    rebuilds
//	update without startxref              old one  rebuilds old one  old one  old one
//	comment behind startxref              rebuilds rebuilds rebuilds rebuilds reads
//	comment before the section            reads    rebuilds reads    reads    reads
//	null before the number                rebuilds reads    rebuilds rebuilds reads
//	2,000 blanks before the number        rebuilds rebuilds reads    reads    reads
//	number with a sign                    rebuilds rebuilds reads    reads    reads
//	startxref glued to its number         reads    reads    reads    reads    rebuilds
//	Prev twice, the second wrong          rebuilds rebuilds reads    rebuilds rebuilds   the last one counts
//	Prev not a whole number               rebuilds rebuilds rebuilds rebuilds reads      otherwise, each in its way
//	generation of an entry too high       rebuilds reads    reads    rebuilds reads
//	Root of another generation            rebuilds reads    reads    rebuilds reads
//	one entry more than there is          rebuilds rebuilds rebuilds rebuilds rebuilds
//	first number one less                 reads    reads    reads    rebuilds reads
//	first number one more                 rebuilds rebuilds refuses  rebuilds rebuilds
//	entries of 19 bytes                   reads    reads    reads    reads    rebuilds   it reads blocks of 20
//	entries of 21 bytes, or with comments reads    rebuilds rebuilds reads    rebuilds
//	entries padded with blanks            reads    reads    rebuilds reads    rebuilds
//	entry of the letter N                 rebuilds rebuilds reads    rebuilds reads
//	entry of type 3, of a stream          refuses  reads    rebuilds rebuilds reads
//	types of two bytes                    reads    reads    rebuilds reads    reads
//
// If poppler has to rebuild a file that has only cross-reference streams, it
// cannot open the file, because it finds no trailer. Of a hybrid file it then
// shows an empty page, because it does not search object streams. Single cases
// of the test also showed:
//
//   - If one object stream contains a number twice, pdf.js takes the last object.
//     MuPDF does so if the entry's index is wrong. If a table and its XRefStm
//     disagree, Ghostscript uses the stream and the others use the table.
//   - The length in a linearization dictionary decides where poppler and pdf.js
//     begin. One more byte at the end makes them begin at the other section.
//   - Poppler reads a reference with the wrong generation as null, and pdf.js as
//     null or an error. MuPDF, Ghostscript and PDFium follow it.
//   - Ghostscript draws the appearance of a widget whose Rect has no width or no
//     height, or is all zeros; the others show nothing.
//   - Ghostscript rebuilds an exact file if an object contains the word trailer,
//     if a reference leads to no object, or if a Size is smaller than an earlier
//     one. It then begins with any Root or catalog in the file: see TestPrepared.
//   - Ghostscript reads only the XRefStm of the last section of a file.
//   - All but PDFium draw polygons and ink at their points and ignore Rect.
//   - All but PDFium draw a field without an appearance as soon as the form has
//     NeedAppearances, a default appearance and its font.
package witness
