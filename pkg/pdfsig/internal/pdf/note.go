package pdf

// Note is a place where a file is not to the letter what ISO 32000 asks for,
// although every reader takes it silently, and alike. Whoever judges what was
// added to a signed file wants to know: what is inexact there can be made so.
type Note struct {
	Kind   NoteKind
	Offset int64 // from the header's percent sign
	Number int   // of the object it is about; 0 where there is none
}

// NoteKind is a kind of inexactness.
type NoteKind string

// The kinds.
const (
	NamedBefore      NoteKind = "named-before"      // an offset names white space or a comment before what it is for
	NamedInside      NoteKind = "named-inside"      // an offset points into the word that it is for
	Glued            NoteKind = "glued"             // the object begins right behind a word: %%EOF1 0 obj
	EntryForm        NoteKind = "entry-form"        // a table whose entries have not 20 bytes each
	FirstNumber      NoteKind = "first-number"      // a table that counts from 1 where it begins with object 0
	DoubledEntry     NoteKind = "doubled-entry"     // a section that lists an object twice, alike
	DoubledKey       NoteKind = "doubled-key"       // a dictionary that has a key twice, with the same value
	PrevZero         NoteKind = "prev-zero"         // the oldest section names byte 0 as the one before
	NoSize           NoteKind = "no-size"           // a trailer without Size
	SizeLow          NoteKind = "size-low"          // a section lists objects that its Size does not count
	UnfinishedFlate  NoteKind = "unfinished-flate"  // compressed data that ends in a sync flush, without a last block
	StartxrefComment NoteKind = "startxref-comment" // a comment between startxref and its number
	StartxrefFar     NoteKind = "startxref-far"     // startxref is not in the last 1024 bytes, where every reader looks
)
