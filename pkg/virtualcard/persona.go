package virtualcard

import (
	"slices"
	"strings"
	"time"
)

// Persona is a kind of card with its holder. The ones there are come from
// [Personas] and [Lookup]; everybody in them is invented and says デモ.
//
// Their certificates move with the calendar, so that the expiring one expires
// in any year. Between 2024 and 2045 each is in the state it is named for;
// before and after, the card is that of the nearest of these years.
type Persona struct {
	Name        string // what to ask for: "adult"
	Description string // what the card is there to show

	Label           string // of the token, in EF 0006
	Phone           bool   // certificates on a phone: the authentication certificate is guarded too
	SignCertificate bool   // the card has a signing certificate

	SignPIN, AuthPIN     string // empty: unusable
	SignTries, AuthTries int    // left on the new card

	holder           Holder // Birth is empty: it follows life
	prefecture, city string // of the signing certificate's subject
	life             func(year int, month time.Month) life
	birthUnknown     string // overrides the Birth that follows life
}

// Holder is who the signing certificate says the card belongs to, in the form
// of its subjectAltName.
type Holder struct {
	Name              string // full-width space between family and given name
	NameSubstitute    string // one digit a character of Name: 1 = a substitute character
	Sex               string // 1 male, 2 female, others as they are
	Birth             string // EYYYYMMDD: era (1 明治 .. 5 令和, 0 unknown) and Gregorian date, 00 for an unknown part
	Address           string
	AddressSubstitute string // one digit a character of Address
}

// Labels of EF 0006.
const (
	labelCard    = "JPKIAPICCTOKEN2"
	labelAndroid = "JPKIAPGPSETOKEN"
	labelIPhone  = "JPKIAPIOSTOKEN" // reported, and seen by nobody here
	labelJuki    = "JPKIAPICCTOKEN"
)

// Personas gives all personas, the ordinary one first.
func Personas() []Persona { return slices.Clone(personas) }

// Lookup finds a persona by its name: adult, expiring, expired, child, no-pin,
// locked-sign, last-try, android, iphone, juki or foreign. [Persona.Description] says what each
// is there to show.
func Lookup(name string) (p Persona, ok bool) {
	for _, p := range personas {
		if p.Name == name {
			return p, true
		}
	}
	return Persona{}, false
}

// Holder gives the holder as the certificates issued for now say.
func (p Persona) Holder(now time.Time) Holder {
	h := p.holder
	h.NameSubstitute = orZeros(h.NameSubstitute, h.Name)
	h.AddressSubstitute = orZeros(h.AddressSubstitute, h.Address)
	h.Birth = p.birthUnknown
	if h.Birth == "" {
		h.Birth = eraDate(p.lifeAt(now).born)
	}
	return h
}

// Validity gives the times in the certificates issued for now. They end at
// 23:59:59 JST of the last day.
func (p Persona) Validity(now time.Time) (notBefore, notAfter time.Time) {
	l := p.lifeAt(now)
	return l.issued.Add(10*time.Hour + 15*time.Minute + 30*time.Second), l.last.Add(24*time.Hour - time.Second)
}

// orZeros gives flags, or as many zeros as s has characters.
func orZeros(flags, s string) string {
	if flags != "" {
		return flags
	}
	return strings.Repeat("0", len([]rune(s)))
}

var personas = []Persona{
	{
		Name:        "adult",
		Description: "an adult's card: both certificates good for more than two years",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　太郎", Sex: "1", Address: "東京都デモ区見本一丁目２番３号"},
		prefecture: "Tokyo-to", city: "Demo-ku",
		life: func(y int, _ time.Month) life {
			return life{born: date(1985, 11, 3), issued: date(y-1, 4, 15), last: date(y+3, 11, 3)}
		},
	},
	{
		Name:        "expiring",
		Description: "both certificates end next month: the renewal window is open",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　花子", Sex: "2", Address: "神奈川県デモ市見本区例示町４５６番地の７"},
		prefecture: "Kanagawa-ken", city: "Demo-shi",
		life: func(y int, m time.Month) life {
			last := date(y, m+1, 20)
			return life{born: date(1990, last.Month(), 20), issued: date(last.Year()-5, last.Month()+2, 10), last: last}
		},
	},
	{
		Name:        "expired",
		Description: "both certificates ended last year",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　一郎", Sex: "1", Address: "北海道デモ市見本北三条西５丁目６番地７"},
		prefecture: "Hokkaido", city: "Demo-shi",
		life: func(y int, _ time.Month) life {
			return life{born: date(1975, 8, 25), issued: date(y-6, 11, 10), last: date(y-1, 8, 25)}
		},
	},
	{
		Name:        "child",
		Description: "a child under 15: no signing certificate and no signing password",
		Label:       labelCard,
		AuthPIN:     AuthPIN, AuthTries: maxAuthTries,
		holder: Holder{Name: "デモ　あおい", Sex: "2", Address: "東京都デモ区見本一丁目２番３号"},
		life: func(y int, _ time.Month) life {
			return life{born: date(y-8, 5, 5), issued: date(y-2, 2, 20), last: date(y+2, 5, 5)}
		},
	},
	{
		Name:        "no-pin",
		Description: "a card with face check (顔認証): no signing certificate, no usable PIN",
		Label:       labelCard,
		holder:      Holder{Name: "デモ　松子", Sex: "2", Address: "沖縄県デモ市字見本８９番地"},
		life: func(y int, _ time.Month) life {
			return life{born: date(1950, 9, 15), issued: date(y-1, 6, 5), last: date(y+3, 9, 15)}
		},
	},
	{
		Name:        "locked-sign",
		Description: "the signing password is locked, the authentication PIN is not",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　𠮷野", Sex: "2", Address: "京都府デモ市見本区祇園例示上る９８７番地"},
		prefecture: "Kyoto-fu", city: "Demo-shi",
		life: func(y int, _ time.Month) life {
			return life{born: date(1968, 12, 24), issued: date(y-2, 3, 10), last: date(y+2, 12, 24)}
		},
	},
	{
		Name:        "last-try",
		Description: "one try left for each PIN",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: 1, AuthTries: 1,
		holder: Holder{
			Name: "髙﨑　デモ", NameSubstitute: "01000", Sex: "1",
			Address: "福岡県デモ市大字見本字例示２２２番地３",
		},
		prefecture: "Fukuoka-ken", city: "Demo-shi",
		life: func(y int, _ time.Month) life {
			return life{born: date(1999, 1, 31), issued: date(y-2, 6, 1), last: date(y+3, 1, 31)}
		},
	},
	{
		Name:        "android",
		Description: "certificates on an Android phone: the authentication certificate wants its PIN too",
		Label:       labelAndroid, Phone: true, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　次郎", Sex: "1", Address: "愛知県デモ市見本町六丁目５番４号"},
		prefecture: "Aichi-ken", city: "Demo-shi",
		life: func(y int, _ time.Month) life {
			return life{born: date(1988, 6, 30), issued: date(y-1, 9, 1), last: date(y+4, 6, 30)}
		},
	},
	{
		Name:        "iphone",
		Description: "certificates on an iPhone, as on an Android phone: only its label is known, from a report",
		Label:       labelIPhone, Phone: true, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　三郎", Sex: "1", Address: "宮城県デモ市見本町三丁目２番１号"},
		prefecture: "Miyagi-ken", city: "Demo-shi",
		life: func(y int, _ time.Month) life {
			return life{born: date(1995, 7, 7), issued: date(y-1, 8, 1), last: date(y+4, 7, 7)}
		},
	},
	{
		Name:        "juki",
		Description: "a 住民基本台帳カード: all certificates of these cards ended in 2018",
		Label:       labelJuki, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder:     Holder{Name: "デモ　竹子", Sex: "2", Address: "長野県デモ市大字見本３２１番地"},
		prefecture: "Nagano-ken", city: "Demo-shi",
		life: func(int, time.Month) life {
			return life{born: date(1948, 3, 3), issued: date(2015, 12, 21), last: date(2018, 12, 21)}
		},
	},
	{
		Name:        "foreign",
		Description: "a foreign resident: long name, day of birth unknown, certificates end with the stay",
		Label:       labelCard, SignCertificate: true,
		SignPIN: SignPIN, AuthPIN: AuthPIN, SignTries: maxSignTries, AuthTries: maxAuthTries,
		holder: Holder{
			Name:              "DEMO SAMPLESON ALEXANDRA MARGARETE　デモ　アレクサンドラ",
			NameSubstitute:    "000000000000000000000000000000000000000010000",
			Sex:               "2",
			Address:           "大阪府デモ市見本区葛城例示町一丁目２番３－４５６号　デモ見本ハイツ辻館",
			AddressSubstitute: "00000000010000000000000000000000010",
		},
		prefecture: "Osaka-fu", city: "Demo-shi",
		birthUnknown: "019921000",
		life: func(y int, _ time.Month) life {
			return life{born: date(1992, 10, 1), issued: date(y-1, 10, 1), last: date(y+1, 3, 31)}
		},
	},
}
