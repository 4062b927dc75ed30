package cert_test

import (
	"fmt"
	"time"

	"github.com/jpki-tools/jpki/pkg/cert"
)

func ExampleValidity() {
	v := cert.Validity{
		NotBefore: time.Date(2024, 9, 3, 1, 2, 3, 0, time.UTC),
		NotAfter:  time.Date(2029, 7, 15, 14, 59, 59, 0, time.UTC),
	}
	now := time.Date(2029, 4, 20, 9, 0, 0, 0, cert.JST)
	fmt.Println(v.LastDay(), v.LastDay().Wareki())
	fmt.Println(v.RenewalOpens(), v.State(now), v.DaysLeft(now))
	// Output:
	// 2029-07-15 令和11年7月15日
	// 2029-04-16 renewal-open 86
}

func ExampleText() {
	name := cert.Text("見本\u3000\u202e太郎\x1b[2J")
	fmt.Println(name)
	// Output: 見本　\u{202E}太郎\u{001B}[2J
}

func ExampleBirth() {
	b := cert.Birth{Era: cert.Showa, Year: 1980, Month: time.February, Day: 0}
	fmt.Println(b, b.Wareki())
	// Output: 1980-02 昭和55年2月日不詳
}

func ExampleParse() {
	file := make([]byte, 2000) // what a card without signing certificate may have in its file
	_, err := cert.Parse(file)
	fmt.Println(err)
	// Output: cert: no certificate here
}
