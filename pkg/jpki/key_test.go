package jpki

import "testing"

// TestKeys shows that every key has its own files and names, and that a value
// that is no key has neither tries nor certificates.
func TestKeys(t *testing.T) {
	files := map[uint16]Key{}
	for k, row := range keys {
		if row.name == "" || row.tries == 0 || row.check == nil || row.reported == nil || row.certificate == 0 || row.ca == 0 {
			t.Errorf("%v: %+v", k, row)
		}
		for _, ef := range []uint16{row.file, row.pin} {
			if other, taken := files[ef]; taken || ef == 0 {
				t.Errorf("%v and %v have the file %04X", k, other, ef)
			}
			files[ef] = k
		}
		if row.certificate.Key() != k || row.ca.Key() != k || row.certificate.CA() != row.ca || k.Certificate() != row.certificate {
			t.Errorf("%v: its certificates lead elsewhere", k)
		}
	}
	const none = Key(9)
	if none.MaxTries() != 0 || none.Certificate() != 0 || none.String() != "unknown" || (Presence{Sign: true, Auth: true}).Has(none) {
		t.Errorf("no key: %d tries, %v", none.MaxTries(), none.Certificate())
	}
	if err := NewPIN([]byte("1234")).Check(none); err == nil {
		t.Error("no key has a PIN")
	}
	if k := Kind(0).Key(); k != 0 {
		t.Errorf("no certificate is %v's", k)
	}
}
