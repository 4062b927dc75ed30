package trust_test

import (
	"fmt"

	"github.com/jpki-tools/jpki/pkg/trust"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

func ExamplePins() {
	for _, p := range trust.Pins() {
		fmt.Printf("%s until %s  %.16s...  %s\n", p.ID, p.Validity.LastDay(), p.Fingerprint, trust.OfficialPage(p.Kind))
	}
	// Output:
	// sign-01 until 2025-10-19  19645405A1FE1437...  https://www.jpki.go.jp/ca/ca_rules3.html
	// sign-02 until 2029-09-14  79679C33E4CC9319...  https://www.jpki.go.jp/ca/ca_rules3.html
	// sign-03 until 2033-07-15  D227F6CDE11D35C5...  https://www.jpki.go.jp/ca/ca_rules3.html
	// auth-01 until 2025-10-19  4DCFC4CA0AAF9FB2...  https://www.jpki.go.jp/ca/ca_rules4.html
	// auth-02 until 2029-09-14  0D98DE47FC11B7F6...  https://www.jpki.go.jp/ca/ca_rules4.html
	// auth-03 until 2033-07-15  64114F29620C24ED...  https://www.jpki.go.jp/ca/ca_rules4.html
}

// The demo card's CA is recognised, and not believed unless asked for.
func ExampleAnchors_CheckCA() {
	ca, _ := virtualcard.DemoCAs()
	now := trust.Moment{Time: clock, Proven: true}

	v := trust.Anchors{}.CheckCA(ca.Certificate, now)
	fmt.Println(v.Status(), v.Reasons)
	v = trust.Anchors{Demo: true}.CheckCA(ca.Certificate, now)
	fmt.Println(v.Status(), v.Issuer.Standing, v.Issuer.Pin.ID)
	// Output:
	// indeterminate [NO_CERTIFICATE_CHAIN_FOUND: the CA is the demo card's, whose key is public]
	// valid demo demo-sign
}
