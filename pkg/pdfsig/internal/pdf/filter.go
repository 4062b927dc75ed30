package pdf

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
)

// maxDecoded is the largest decoded size of a cross-reference or object stream.
// decodedAlways is the bound for the smallest file.
const (
	maxDecoded    = 16 << 20
	decodedAlways = 4 << 20
)

// decode reads the encoded bytes of a stream from r and undoes its filters
// (7.4): none, or FlateDecode once with any predictor. at is the stream's
// offset, for errors, and most bounds the decoded length. finished is false if
// compressed data has no last block. With an error, decode also returns the
// data decoded so far.
func decode(r io.Reader, filters []Name, parms []Dict, at, most int64) (data []byte, finished bool, err error) {
	switch {
	case len(filters) == 0:
		data, err := readBounded(r, at, most)
		return data, true, err
	case len(filters) > 1 || filters[0] != "FlateDecode" && filters[0] != "Fl":
		return nil, false, damaged(at, "%w %v", ErrFilter, filters)
	}
	tail := &lastBytes{Reader: r}
	z, err := zlib.NewReader(bufio.NewReader(tail))
	if err != nil {
		return nil, false, damaged(at, "FlateDecode: %w", err)
	}
	finished = true
	if data, err = readBounded(z, at, most); errors.Is(err, io.ErrUnexpectedEOF) && tail.flushed() {
		finished, err = false, nil
	}
	if err != nil {
		return data, false, err
	}
	data, err = unpredict(data, parms[0], at)
	return data, finished, err
}

// lastBytes remembers the last bytes read.
type lastBytes struct {
	io.Reader
	last []byte
}

func (l *lastBytes) Read(b []byte) (int, error) {
	n, err := l.Reader.Read(b)
	l.last = append(l.last, b[max(0, n-8):n]...)
	l.last = l.last[max(0, len(l.last)-8):]
	return n, err
}

// flushed reports whether compressed data ends in a sync flush (RFC 1951,
// 3.2.4: an empty block). Some writers end their data this way, and the data is
// complete. An end of line may follow.
func (l *lastBytes) flushed() bool {
	return bytes.HasSuffix(bytes.TrimRight(l.last, "\r\n"), []byte{0, 0, 0xFF, 0xFF})
}

// readBounded reads everything. With an error, it also returns the data read so
// far.
func readBounded(r io.Reader, at, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return data, damaged(at, "stream data: %w", err)
	}
	if int64(len(data)) > most {
		return data, damaged(at, "stream data: %w", ErrTooLarge)
	}
	return data, nil
}

// unpredict undoes the predictor (7.4.4.4), in place.
func unpredict(data []byte, parms Dict, at int64) ([]byte, error) {
	predictor, err := parm(parms, "Predictor", 1, 15, at)
	if err != nil || predictor == 1 {
		return data, err
	}
	colors, err1 := parm(parms, "Colors", 1, 32, at)
	bits, err2 := parm(parms, "BitsPerComponent", 8, 16, at)
	columns, err3 := parm(parms, "Columns", 1, 1<<20, at)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	row, pixel := (colors*bits*columns+7)/8, max(1, colors*bits/8)
	switch {
	case predictor == 2 && bits == 8:
		return untiff(data, row, pixel), nil
	case predictor >= 10:
		return unpng(data, row, pixel, at)
	}
	return nil, damaged(at, "%w: predictor %d with %d bits", ErrFilter, predictor, bits)
}

func parm(parms Dict, key Name, otherwise, most int, at int64) (int, error) {
	v, present := parms[key]
	if !present || v == nil {
		return otherwise, nil
	}
	n, ok := v.(int64)
	if !ok || n < 1 || n > int64(most) {
		return 0, damaged(at, "%s %v in DecodeParms", key, v)
	}
	return int(n), nil
}

// untiff undoes TIFF predictor 2: each byte is the difference to the byte one
// pixel to the left.
func untiff(data []byte, row, pixel int) []byte {
	for start := 0; start < len(data); start += row {
		line := data[start:min(start+row, len(data))]
		for i := pixel; i < len(line); i++ {
			line[i] += line[i-pixel]
		}
	}
	return data
}

// unpng undoes the PNG filters: the first byte of every row names its filter.
func unpng(data []byte, row, pixel int, at int64) ([]byte, error) {
	if len(data)%(row+1) != 0 {
		return nil, damaged(at, "PNG predictor: %d bytes are no whole rows of %d", len(data), row+1)
	}
	above := make([]byte, row)
	out := data[:0]
	for start := 0; start < len(data); start += row + 1 {
		line := data[start+1 : start+1+row]
		if err := unpngRow(data[start], line, above, pixel, at); err != nil {
			return nil, err
		}
		copy(above, line)
		out = append(out, line...)
	}
	return out, nil
}

// unpngRow undoes one row (PNG, 9.2).
func unpngRow(filter byte, line, above []byte, pixel int, at int64) error {
	for i := range line {
		var left, corner byte
		if i >= pixel {
			left, corner = line[i-pixel], above[i-pixel]
		}
		switch filter {
		case 0:
			return nil
		case 1:
			line[i] += left
		case 2:
			line[i] += above[i]
		case 3:
			line[i] += byte((int(left) + int(above[i])) / 2)
		case 4:
			line[i] += paeth(left, above[i], corner)
		default:
			return damaged(at, "PNG filter %d", filter)
		}
	}
	return nil
}

func paeth(a, b, c byte) byte {
	pa, pb, pc := abs(int(b)-int(c)), abs(int(a)-int(c)), abs(int(a)+int(b)-2*int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int { return max(n, -n) }
