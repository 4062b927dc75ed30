// Package witness has no code but tests: it holds what package pdfsig says of
// signed files against what other programs show.
//
// TestOneReading has signed files and updates, TestPrepared files in which
// something hid before they were signed, TestHealthy odd files that nobody may
// refuse, TestPrograms updates by other programs.
//
// Files are made from fixed seeds, signed, and updated: as honest programs do it,
// and in every way that was found to make a reader show something else. Poppler,
// MuPDF, Ghostscript, pdf.js (Firefox) and PDFium (Chrome) draw the signed
// revision and the whole file and extract their text; qpdf checks honest ones. A
// test fails where the verdict is "genuine" and one reader shows something else,
// where a hostile update is accepted, and where an honest one is not.
//
//	go test -tags foreign ./pkg/pdfsig/internal/witness        one of each kind, and one case in 100
//	JPKI_WITNESS_SHARE=1 …                                     all 33,000; 10:3 is one in ten, from the third on
//	JPKI_WITNESS_RUN='tagged signature' JPKI_WITNESS_FOUND=DIR cases by name; the files of those that fail
//	JPKI_WITNESS_HABITS=1 … -v -run Habits                     what the table below rests on
//
// pdf.js and PDFium are modules of .ci/witness, which .ci/test installs.
//
// # What readers do with files that are not exact
//
// Seen with poppler 22.12, MuPDF 1.21.1, Ghostscript 10.00, pdf.js 5.6.205 and
// PDFium of @hyzyla/pdfium 2.1.13, by TestHabits: validation data was added to a
// signed file, with another version of the page's content in a gap of the update
// that only a reader finds which rebuilds the cross-references from the bytes.
// All of them take the last object of a number then.
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
// Where poppler has to rebuild a file of cross-reference streams alone it opens
// nothing, having no trailer; of a hybrid file it then shows an empty page, since
// it does not look into object streams. Seen by single cases of the test:
//
//   - A number twice in one object stream: pdf.js takes the last, MuPDF too where
//     the entry's index does not fit. Table and XRefStm that disagree: Ghostscript
//     takes the stream, the others the table.
//   - The length in a linearization dictionary decides where poppler and pdf.js
//     begin; one byte more at the end, and it is the other section.
//   - A reference whose generation does not fit is null for pdf.js (or an error)
//     and poppler; MuPDF, Ghostscript and PDFium follow it.
//   - Ghostscript draws the appearance of a widget whose Rect has no width or no
//     height, or is all zeros; the others show nothing.
//   - Ghostscript rebuilds an exact file for the word trailer in an object, a
//     reference to nothing, or a Size smaller than an earlier one, and begins with
//     a Root or a catalog that it finds anywhere: see TestPrepared.
//   - Ghostscript reads the XRefStm of the last section of a file alone.
//   - Polygons and ink are drawn where their points are, whatever Rect says, by
//     all but PDFium.
//   - A field that waits for an appearance is drawn by all but PDFium as soon as
//     the form has NeedAppearances, a default appearance and its font.
package witness
