package imprint

import (
	"cmp"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/text/unicode/norm"
)

// japanese are the file names of Japanese fonts that systems come with or
// offer, the ones to be preferred first: gothic before mincho, which thins out
// in small print. Fonts of variable weight are not among them: they would be
// drawn at their thinnest.
var japanese = []string{
	"NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "NotoSansJP-Regular.otf", "NotoSansJP-Regular.ttf",
	"SourceHanSansJP-Regular.otf", "SourceHanSans-Regular.ttc",
	"ヒラギノ角ゴシック W3.ttc",
	"BIZ-UDGothicR.ttc", "YuGothR.ttc", "YuGothM.ttc", "meiryo.ttc", "msgothic.ttc",
	"ipaexg.ttf", "ipag.ttf", "TakaoExGothic.ttf", "TakaoGothic.ttf", "VL-Gothic-Regular.ttf",
	"NotoSerifCJK-Regular.ttc", "ヒラギノ明朝 ProN.ttc", "yumin.ttf", "msmincho.ttc", "ipaexm.ttf", "ipam.ttf", "ipamjm.ttf",
}

// Folders are where a system keeps its fonts.
func Folders(system string, getenv func(string) string) (folders []string) {
	add := func(base string, names ...string) {
		if base != "" {
			folders = append(folders, filepath.Join(append([]string{base}, names...)...))
		}
	}
	switch system {
	case "windows":
		add(getenv("LOCALAPPDATA"), "Microsoft", "Windows", "Fonts")
		add(cmp.Or(getenv("SystemRoot"), `C:\Windows`), "Fonts")
	case "darwin":
		add(getenv("HOME"), "Library", "Fonts")
		add("/Library/Fonts")
		add("/System/Library/Fonts")
	default:
		add(getenv("XDG_DATA_HOME"), "fonts")
		add(getenv("HOME"), ".local", "share", "fonts")
		add(getenv("HOME"), ".fonts")
		for _, base := range filepath.SplitList(cmp.Or(getenv("XDG_DATA_DIRS"), "/usr/local/share:/usr/share")) {
			add(base, "fonts")
		}
		add("/run/current-system/sw/share/X11/fonts") // NixOS
	}
	return folders
}

// Find lists the Japanese fonts below some folders, the preferred ones first. A
// folder that is not there has none.
func Find(folders []string) (paths []string) {
	const maxEntries = 50_000
	rank := map[string]int{}
	for i, name := range japanese {
		rank[name] = i
	}
	// Whether a name is composed or not is the file system's choice.
	rankOf := func(path string) (int, bool) {
		r, known := rank[norm.NFC.String(filepath.Base(path))]
		return r, known
	}
	seen := 0
	for _, folder := range folders {
		filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if seen++; seen > maxEntries {
				return filepath.SkipAll
			}
			if err == nil && !entry.IsDir() {
				if _, known := rankOf(path); known {
					paths = append(paths, path)
				}
			}
			return nil
		})
	}
	slices.SortStableFunc(paths, func(a, b string) int {
		x, _ := rankOf(a)
		y, _ := rankOf(b)
		return cmp.Compare(x, y)
	})
	return paths
}
