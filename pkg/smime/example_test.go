package smime_test

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/smime"
)

// What is signed and the signature over it come apart; the header is nobody's.
func ExampleParse() {
	mail := "From: Bank <info@bank.example>\nSubject: Hello\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nGood day\n--b\nContent-Type: application/pkcs7-signature\nContent-Transfer-Encoding: base64\n\nMAA=\n--b--\n"
	m, err := smime.Parse([]byte(mail))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.From, m.Subject)
	fmt.Printf("%q\n", m.Content)
	fmt.Printf("% X\n", m.Signature)
	// Output:
	// [info@bank.example] Hello
	// "Content-Type: text/plain\r\n\r\nGood day"
	// 30 00
}
