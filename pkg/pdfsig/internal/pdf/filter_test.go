package pdf

import (
	"errors"
	"strings"
	"testing"
)

func TestPredictors(t *testing.T) {
	// rows of 3 one-byte pixels
	parms := func(p int64) Dict { return Dict{"Predictor": p, "Columns": int64(3)} }
	for name, c := range map[string]struct {
		parms Dict
		data  string
		want  string
	}{
		"none":    {nil, "\x01\x02", "\x01\x02"},
		"TIFF":    {parms(2), "\x01\x01\x01\x05\x01\x01", "\x01\x02\x03\x05\x06\x07"},
		"None":    {parms(15), "\x00\x01\x02\x03", "\x01\x02\x03"},
		"Sub":     {parms(10), "\x01\x01\x01\x01", "\x01\x02\x03"},
		"Up":      {parms(12), "\x02\x01\x02\x03\x02\x01\x01\x01", "\x01\x02\x03\x02\x03\x04"},
		"Average": {parms(13), "\x00\x02\x04\x06\x03\x01\x01\x01", "\x02\x04\x06\x02\x04\x06"},
		"Paeth":   {parms(14), "\x00\x0a\x14\x1e\x04\x01\x01\x01", "\x0a\x14\x1e\x0b\x15\x1f"},
	} {
		got, _, err := decode(strings.NewReader(deflate(c.data)), []Name{"FlateDecode"}, []Dict{c.parms}, 0, maxDecoded)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %x, %v; want %x", name, got, err, c.want)
		}
	}
}

func TestFilterRefusals(t *testing.T) {
	flate := []Name{"FlateDecode"}
	for name, c := range map[string]struct {
		filters []Name
		parms   Dict
		data    string
		want    error
	}{
		"unknown":          {[]Name{"LZWDecode"}, nil, "", ErrFilter},
		"two":              {[]Name{"ASCIIHexDecode", "FlateDecode"}, nil, "", ErrFilter},
		"no zlib":          {flate, nil, "hello", nil},
		"cut":              {flate, nil, deflate("hello world")[:8], nil},
		"checksum":         {flate, nil, deflate("hello")[:len(deflate("hello"))-1] + "x", nil},
		"bomb":             {flate, nil, deflate(strings.Repeat("0", maxDecoded+1)), ErrTooLarge},
		"half a row":       {flate, Dict{"Predictor": int64(12), "Columns": int64(3)}, deflate("\x02\x01"), nil},
		"PNG filter 5":     {flate, Dict{"Predictor": int64(12)}, deflate("\x05\x01"), nil},
		"predictor 3":      {flate, Dict{"Predictor": int64(3)}, deflate("1"), ErrFilter},
		"predictor 16":     {flate, Dict{"Predictor": int64(16)}, deflate("1"), nil},
		"columns overflow": {flate, Dict{"Predictor": int64(12), "Columns": int64(1 << 60)}, deflate("1"), nil},
	} {
		_, _, err := decode(strings.NewReader(c.data), c.filters, []Dict{c.parms, nil}, 0, maxDecoded)
		var d *DamagedError
		if !errors.As(err, &d) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
