package pdf

// Note marks a place where a file deviates from ISO 32000 in a form that every
// reader accepts silently and in the same way. A check of updates needs these
// notes, because an attacker can use an inexact form.
type Note struct {
	Kind   NoteKind
	Offset int64 // from the header's percent sign
	Number int   // object number; 0 if the note is about no object
}

// NoteKind is a kind of deviation.
type NoteKind string

// Kinds of notes.
const (
	NamedBefore      NoteKind = "named-before"      // an offset names white space or a comment before its target
	NamedInside      NoteKind = "named-inside"      // an offset points into the target word
	Glued            NoteKind = "glued"             // the object directly follows a word: %%EOF1 0 obj
	EntryForm        NoteKind = "entry-form"        // a table has entries of other than 20 bytes
	FirstNumber      NoteKind = "first-number"      // a table counts from 1 but begins with object 0
	DoubledEntry     NoteKind = "doubled-entry"     // a section lists an object twice, with the same entry
	DoubledKey       NoteKind = "doubled-key"       // a dictionary has a key twice, with the same value
	PrevZero         NoteKind = "prev-zero"         // Prev of the oldest section is 0
	NoSize           NoteKind = "no-size"           // a trailer without Size
	SizeLow          NoteKind = "size-low"          // a section lists objects that its Size does not count
	StreamLineEnd    NoteKind = "stream-line-end"   // blanks before the line end after the keyword stream, or a single CR
	UnfinishedFlate  NoteKind = "unfinished-flate"  // compressed data ends in a sync flush, without a last block
	StartxrefComment NoteKind = "startxref-comment" // a comment between startxref and its number
	StartxrefFar     NoteKind = "startxref-far"     // startxref is not in the last 1024 bytes, where every reader searches
)
