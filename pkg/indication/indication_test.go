package indication_test

import (
	"errors"
	"fmt"

	"github.com/jpki-tools/jpki/pkg/indication"
)

// A code is found in any error that wraps it.
func Example() {
	err := fmt.Errorf("the file has changed: %w", indication.HashFailure)
	fmt.Println(errors.Is(err, indication.HashFailure), indication.HashFailure.Invalid())
	fmt.Println(indication.TryLater.Invalid())
	// Output:
	// true true
	// false
}
