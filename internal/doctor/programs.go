package doctor

import (
	"path/filepath"
	"strings"

	"github.com/jpki-tools/jpki/internal/p11setup"
)

// checkPrograms looks at the settings that jpki pkcs11 setup has made, if it
// has.
func checkPrograms(e *Environment) (findings []Finding) {
	if e.OS == "windows" || e.Files == nil {
		return nil
	}
	found := p11setup.Find(e.Files, e.Getenv)
	if len(found.Modules) == 0 {
		return nil
	}
	again := text{JA: "jpki pkcs11 setup をもう一度実行してください。", EN: "Run jpki pkcs11 setup again."}
	for _, m := range found.Modules {
		name := filepath.Base(m.Path)
		if !m.There {
			findings = append(findings, warn("pkcs11-program",
				text{JA: "p11-kitの設定(%s)にあるプログラム %s がありません。ほかのプログラムでカードを使えません。", EN: "p11-kit's settings (%s) start %s, which is not there: other programs cannot use the card."}.With(name, m.Program), again))
			continue
		}
		findings = append(findings, ok("pkcs11", text{JA: "ほかのプログラムでカードを使う設定があります(%s)。", EN: "Other programs are set up to use the card (%s)."}.With(name)))
	}
	if len(found.Without) > 0 {
		findings = append(findings, note("pkcs11-browser",
			text{JA: "%sには、まだ登録されていません。", EN: "Not set up in: %s."}.With(strings.Join(found.Without, ", ")), again))
	}
	if found.Twice {
		findings = append(findings, note("pkcs11-twice",
			text{JA: "OpenSCのモジュールでも、同じカードが見えます。", EN: "OpenSC's module shows the same card a second time."},
			text{JA: "隠すには jpki pkcs11 setup --hide-opensc を実行してください。違いは jpki help programs にあります。", EN: "jpki pkcs11 setup --hide-opensc hides that. jpki help programs says what the difference is."}))
	}
	return findings
}
