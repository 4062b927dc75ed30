package cli

import (
	"strings"
	"testing"

	"github.com/jpki-tools/jpki/internal/i18n"
)

// TestMeant shows that an unknown command leads to a similar one, or to the
// procedure that no program can do.
func TestMeant(t *testing.T) {
	for line, want := range map[string]string{
		"unlock": "jpki guide locked", "unblock": "jpki guide locked", "reset": "jpki guide locked", "解除": "jpki guide locked", "ロック解除": "jpki guide locked", "リセット": "jpki guide locked", "初期化": "jpki guide locked",
		"renew": "jpki guide renew", "更新": "jpki guide renew", "revoke": "jpki guide give-up", "失効申請": "jpki guide give-up", "失効": "jpki guide lapsed",
		"issue": "jpki guide issue", "発行": "jpki guide issue", "lost": "jpki guide lost", "紛失": "jpki guide lost",
		"pin unlock": "jpki guide locked", "pin reset": "jpki guide locked", "cert renew": "jpki guide renew", "help renew": "jpki guide renew",
		"statsu": "jpki status", "stauts": "jpki status", "verfy": "jpki verify", "ver": "jpki verify", "singn": "jpki sign", "docter": "jpki doctor", "pin chnage": "jpki pin change", "help statsu": "jpki status", "demo serv": "jpki demo serve",
		"change": "jpki pin change", "export": "jpki cert export", "formats": "jpki help formats", "login": "jpki help login", "reader": "jpki readers",
		"frobnicate": "jpki --help", "pin frobnicate": "jpki pin --help",
	} {
		for _, lang := range []i18n.Lang{i18n.JA, i18n.EN} {
			root := Tree(lang)
			words := strings.Fields(line)
			c, rest, err := root.Find(words[:len(words)-1])
			if err != nil || len(rest) > 0 {
				t.Fatal(line, err)
			}
			if c.Name() == "help" {
				c = root
			}
			if got := meant(c, words[len(words)-1]).In(lang); !strings.Contains(got, want) {
				t.Errorf("%s (%s): %q, want %s", line, lang, got, want)
			}
		}
	}
	if got := meant(Tree(i18n.JA), "署名").JA; !strings.Contains(got, "jpki sign") {
		t.Errorf("署名: %q", got)
	}
	if got := meant(Tree(i18n.EN), "reset").EN; strings.Contains(got, "demo") {
		t.Errorf("reset: %q", got)
	}
}
