package output

import "os"

// Scratch is a file for data too big for memory, beside the target file. If the
// system allows unnamed open files, it has no name and vanishes with the
// program in any case. Otherwise Close removes it.
type Scratch struct {
	*os.File
	named bool
}

// NewScratch makes a scratch file in dir, which nobody else may read.
func NewScratch(dir string) (*Scratch, error) {
	f, err := os.CreateTemp(dir, tempPrefix+"*")
	if err != nil {
		return nil, failure(dir, err)
	}
	return &Scratch{f, os.Remove(f.Name()) != nil}, nil
}

// Close lets the file go.
func (s *Scratch) Close() error {
	err := s.File.Close()
	if s.named {
		s.named = os.Remove(s.Name()) != nil
	}
	return err
}
