package pdfsig

import (
	"slices"
	"strings"
	"testing"
)

// answered are the items of the checklist with this answer.
func answered(list []Requirement, with Answer) (items []ToukiItem) {
	for _, r := range list {
		if r.Answer == with {
			items = append(items, r.Item)
		}
	}
	return items
}

// ofCMS are the items that nobody can tell without a CMS.
var ofCMS = []ToukiItem{ToukiCertificate, ToukiDigest, ToukiAttributes, ToukiNoTimestamp}

func TestToukiChecklist(t *testing.T) {
	const name, m = "/Name <FEFF5C71> ", "/M (D:20261122163005+09'00') "
	const good = "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached " + name + m
	type answers struct{ not, unknown []ToukiItem }
	for replace, want := range map[[2]string]answers{
		{}:                  {},
		{"/Type /Sig ", ""}: {not: []ToukiItem{ToukiType}},
		{"/Filter /Adobe.PPKLite", "/Filter /Other"}:   {not: []ToukiItem{ToukiFilter}},
		{"adbe.pkcs7.detached", "ETSI.CAdES.detached"}: {not: []ToukiItem{ToukiSubFilter}},
		{name, ""}:                {not: []ToukiItem{ToukiName}},
		{name, "/Name (Yamada) "}: {not: []ToukiItem{ToukiName}},
		{name, "/Name <FEFF> "}:   {not: []ToukiItem{ToukiName}},
		{m, ""}:                   {not: []ToukiItem{ToukiTime}},
		{"+09'00'", "Z"}:          {not: []ToukiItem{ToukiTime}},
		{"20261122", "20261322"}:  {not: []ToukiItem{ToukiTime}},
		{"adbe.pkcs7.detached", "adbe.x509.rsa_sha1"}: {
			not:     []ToukiItem{ToukiSubFilter},
			unknown: slices.Concat([]ToukiItem{ToukiByteRange, ToukiCMS}, ofCMS, []ToukiItem{ToukiIntact}),
		},
	} {
		c := crafted("")
		c.objects[2].body = "<<" + strings.Replace(good, replace[0], replace[1], 1) + " %s>>"
		list := mustVerify(t, c.sign(t, formFile(table))).Signatures[0].Touki()
		if not, unknown := answered(list, NotMet), answered(list, CannotSay); !slices.Equal(not, want.not) || !slices.Equal(unknown, want.unknown) {
			t.Errorf("%q: not met %v, cannot say %v; want %v", replace, not, unknown, want)
		}
	}
	for name, c := range map[string]struct {
		list []Requirement
		want answers
	}{
		"our own":            {mustVerify(t, mustSign(t, formFile(table), Options{})).Signatures[0].Touki(), answers{}},
		"changed afterwards": {mustVerify(t, attacks(t)["content changed"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiIntact}}},
		"gap too wide":       {mustVerify(t, attacks(t)["gap begins early"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiByteRange, ToukiIntact}, unknown: slices.Concat([]ToukiItem{ToukiCMS}, ofCMS)}},
		"no CMS":             {mustVerify(t, attacks(t)["Contents is garbage"].file).Signatures[0].Touki(), answers{not: []ToukiItem{ToukiName, ToukiTime, ToukiCMS, ToukiIntact}, unknown: ofCMS}},
	} {
		if not, unknown := answered(c.list, NotMet), answered(c.list, CannotSay); !slices.Equal(not, c.want.not) || !slices.Equal(unknown, c.want.unknown) {
			t.Errorf("%s: not met %v, cannot say %v; want %v", name, not, unknown, c.want)
		}
	}
	if zero := (Signature{}).Touki(); len(zero) != 12 || len(answered(zero, CannotSay)) != 12 {
		t.Errorf("the zero signature: %v", zero)
	}
}
