package pin

import (
	"errors"
	"os"
)

// inherited fails: Windows programs are handed no numbered descriptors.
func inherited(int) (*os.File, error) { return nil, errors.ErrUnsupported }
