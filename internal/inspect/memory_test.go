package inspect

import (
	"fmt"
	"testing"
	"time"
)

// TestForgetOldest: the memory is bounded.
func TestForgetOldest(t *testing.T) {
	doc := seenDocument{Cards: map[string]RememberedSign{}}
	for i := range seenCards + 3 {
		doc.Cards[fmt.Sprint(i)] = RememberedSign{Seen: time.Date(2026, 11, 22+i, 3, 0, 0, 0, time.UTC)}
	}
	doc.forgetOldest()
	_, oldest := doc.Cards["2"]
	_, kept := doc.Cards["3"]
	if len(doc.Cards) != seenCards || oldest || !kept {
		t.Errorf("%d cards are remembered; the third oldest: %t, the fourth: %t", len(doc.Cards), oldest, kept)
	}
}
