package i18n

import "golang.org/x/sys/windows"

// System gives the language the person chose for Windows.
func System() string {
	langs, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(langs) == 0 {
		return ""
	}
	return langs[0]
}
