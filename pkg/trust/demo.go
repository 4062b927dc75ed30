package trust

import "github.com/jpki-tools/jpki/pkg/cert"

// demoPins are the CAs of the built-in demo card. Their private keys are
// public, so they are believed only where [Anchors.Demo] says so.
var demoPins = []Pin{
	pin("demo-sign", cert.SignCA, 1, "44454D01", "EEEB88ED9262687187574042D6F93AF4F3CD4E3B",
		"2014-12-31T15:00:00Z", "2049-12-31T14:59:59Z",
		"2D99BF5EF39ECAE749417B16BE0DAFA7DB302CC7804F91585BBA2D4BE36AD261"),
	pin("demo-auth", cert.AuthCA, 1, "44454D02", "8CE63AE3971FDB095D45F1A1E65B843A1532D6C3",
		"2014-12-31T15:00:00Z", "2049-12-31T14:59:59Z",
		"B93501ADE4B3FABCB28E812163AF93236A02412AE2AE61C058D4BEF4B1E6B536"),
}

// DemoPins lists the CAs of the demo card.
func DemoPins() []Pin { return append([]Pin(nil), demoPins...) }
