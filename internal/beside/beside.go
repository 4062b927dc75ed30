// Package beside waits for a read that cannot be cancelled, and stops waiting
// when its context ends.
package beside

import "context"

// Read runs read in a goroutine and returns its result, or the cause of ctx if
// that ends first. An abandoned read continues until it gets input. Its result
// may be a PIN, so Read then overwrites it.
func Read(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	done := make(chan result)
	go func() {
		b, err := read()
		select {
		case done <- result{b, err}:
		case <-ctx.Done():
			clear(b)
		}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
