package pdfsig

import (
	"slices"
	"strings"
	"testing"
)

// unmet are the items of the checklist that are not met.
func unmet(list []Requirement) (items []ToukiItem) {
	for _, r := range list {
		if !r.Met {
			items = append(items, r.Item)
		}
	}
	return items
}

func TestToukiChecklist(t *testing.T) {
	const name, m = "/Name <FEFF5C71> ", "/M (D:20261122163005+09'00') "
	const good = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached " + name + m
	for replace, want := range map[[2]string][]ToukiItem{
		{}:                  nil,
		{"/Type /Sig ", ""}: {ToukiType},
		{"/Filter /Adobe.PPKLite", "/Filter /Other"}:   {ToukiFilter},
		{"adbe.pkcs7.detached", "ETSI.CAdES.detached"}: {ToukiSubFilter},
		{name, ""}:                {ToukiName},
		{name, "/Name (Yamada) "}: {ToukiName},
		{name, "/Name <FEFF> "}:   {ToukiName},
		{m, ""}:                   {ToukiTime},
		{"+09'00'", "Z"}:          {ToukiTime},
		{"20261122", "20261322"}:  {ToukiTime},
		{"adbe.pkcs7.detached", "adbe.x509.rsa_sha1"}: {ToukiSubFilter, ToukiByteRange, ToukiCMS, ToukiCertificate, ToukiDigest, ToukiAttributes, ToukiNoTimestamp, ToukiIntact},
	} {
		c := crafted("")
		c.objects[2].body = "<<" + strings.Replace(good, replace[0], replace[1], 1) + " %s>>"
		s := mustVerify(t, c.sign(t, formFile(table))).Signatures[0]
		if got := unmet(s.Touki()); !slices.Equal(got, want) {
			t.Errorf("%q: not met: %v, want %v", replace, got, want)
		}
	}
	if got := unmet(mustVerify(t, mustSign(t, formFile(table), Options{})).Signatures[0].Touki()); got != nil {
		t.Errorf("our own: not met: %v", got)
	}
	if got := unmet((Signature{}).Touki()); len(got) != 12 {
		t.Errorf("the zero signature: not met: %v", got)
	}
}
