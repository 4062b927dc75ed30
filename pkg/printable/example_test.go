package printable_test

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/printable"
)

// A name that would clear the screen is shown as it is written.
func ExampleLine() {
	fmt.Println(printable.Line("\x1b[2J見本\u3000太郎"))
	// Output: \u{001B}[2J見本　太郎
}
