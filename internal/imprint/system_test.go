package imprint

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"a/deep/er/ipaexg.ttf", "a/NotoSansCJK-Regular.ttc", "a/NotoSansCJK-Bold.ttc", "b/ipaexg.ttf", "b/Arial.ttf",
		"b/" + norm.NFD.String("ヒラギノ角ゴシック W3.ttc"), "c/ipaexg.ttf", "a/ipag.ttf/no-font",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, path := range Find([]string{filepath.Join(dir, "none"), filepath.Join(dir, "b"), filepath.Join(dir, "a")}) {
		name, _ := filepath.Rel(dir, path)
		got = append(got, norm.NFC.String(filepath.ToSlash(name)))
	}
	want := []string{"a/NotoSansCJK-Regular.ttc", "b/ヒラギノ角ゴシック W3.ttc", "b/ipaexg.ttf", "a/deep/er/ipaexg.ttf"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestFolders(t *testing.T) {
	all := map[string]string{
		"HOME": "/home/ann", "XDG_DATA_DIRS": strings.Join([]string{"/one", "", "/two"}, string(filepath.ListSeparator)),
		"LOCALAPPDATA": "/local", "SystemRoot": "/system",
	}
	for _, c := range []struct {
		system string
		env    map[string]string
		want   string
	}{
		{"linux", all, "/home/ann/.local/share/fonts /home/ann/.fonts /one/fonts /two/fonts /run/current-system/sw/share/X11/fonts"},
		{"linux", map[string]string{"XDG_DATA_HOME": "/data"}, "/data/fonts /usr/local/share/fonts /usr/share/fonts /run/current-system/sw/share/X11/fonts"},
		{"darwin", all, "/home/ann/Library/Fonts /Library/Fonts /System/Library/Fonts"},
		{"windows", all, "/local/Microsoft/Windows/Fonts /system/Fonts"},
	} {
		if c.system == "linux" && runtime.GOOS == "windows" {
			continue // its lists are split as on the system that runs this
		}
		got := Folders(c.system, func(name string) string { return c.env[name] })
		if s := filepath.ToSlash(strings.Join(got, " ")); s != c.want {
			t.Errorf("%s: %s", c.system, s)
		}
	}
}
