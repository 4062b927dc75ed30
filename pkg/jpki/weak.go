package jpki

import "time"

// Weakness is why a PIN is easily guessed. A weak PIN is still a PIN: nothing
// here refuses it.
type Weakness int

// The weaknesses.
const (
	NotWeak      Weakness = iota
	WeakRepeated          // few different characters: 1111, 1212, AAA111
	WeakRunning           // running characters: 1234, 9876, ABC123
	WeakDate              // a known date, such as the birthday
)

// Weakness finds a weakness of p by itself; a date is found by
// [PIN.ContainsDate].
func (p PIN) Weakness() Weakness {
	b := p.bytes()
	switch {
	case len(b) == 0:
		return NotWeak
	case distinct(b) <= 2:
		return WeakRepeated
	case onlyRuns(b):
		return WeakRunning
	}
	return NotWeak
}

func distinct(b []byte) (n int) {
	var seen [256]bool
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// onlyRuns reports whether b is made of stretches of three or more characters
// that each repeat, or run up or down by one.
func onlyRuns(b []byte) bool {
	for start := 0; start < len(b); {
		end := start + 1
		if end < len(b) {
			step := int(b[end]) - int(b[start])
			if step < -1 || step > 1 {
				return false
			}
			for end < len(b) && int(b[end])-int(b[end-1]) == step {
				end++
			}
		}
		if end-start < 3 {
			return false
		}
		start = end
	}
	return true
}

// MayContainDate reports whether four digits of p could be a month and a day,
// in either order: only then is it worth asking the card for a date.
func (p PIN) MayContainDate() bool {
	b := p.bytes()
	for i := 0; i+4 <= len(b); i++ {
		m, d, ok := twoNumbers(b[i : i+4])
		if ok && (isMonthDay(m, d) || isMonthDay(d, m)) {
			return true
		}
	}
	return false
}

func isMonthDay(m, d int) bool { return 1 <= m && m <= 12 && 1 <= d && d <= 31 }

// ContainsDate reports whether four digits of p are this month and day, in
// either order.
func (p PIN) ContainsDate(month time.Month, day int) bool {
	b := p.bytes()
	for i := 0; i+4 <= len(b); i++ {
		x, y, ok := twoNumbers(b[i : i+4])
		if ok && (x == int(month) && y == day || y == int(month) && x == day) {
			return true
		}
	}
	return false
}

// twoNumbers reads four digits as two numbers of two.
func twoNumbers(b []byte) (x, y int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, 0, false
		}
	}
	return int(b[0]-'0')*10 + int(b[1]-'0'), int(b[2]-'0')*10 + int(b[3]-'0'), true
}
