package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/jpki-tools/jpki/internal/command"
)

// update rewrites the golden screens in the scripts with the present output: go
// test ./internal/cli -run Scripts -update. Review the diff.
var update = flag.Bool("update", false, "rewrite the golden screens in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"jpki": func() { os.Exit(runAtFixedTime()) },
	})
}

// runAtFixedTime is the program with the clock of the variable TEST_NOW. Its
// output under --json is validated against the published schemas.
func runAtFixedTime() int {
	cfg := command.Config{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, OwnWindow: os.Getenv("TEST_OWN_WINDOW") != "",
	}
	if at, err := time.Parse(time.RFC3339, os.Getenv("TEST_NOW")); err == nil {
		cfg.Now = func() time.Time { return at }
	}
	check := watchJSON(&cfg)
	exit := Run(interruptible(), cfg)
	if err := check(); err != nil {
		// The script may expect a failure: TestScripts sees this one.
		complaint := fmt.Sprintf("jpki %q: %v\n", cfg.Args, err)
		if err := os.WriteFile(filepath.Join(os.Getenv("TEST_COMPLAINTS"), fmt.Sprint(os.Getpid())), []byte(complaint), 0o600); err != nil {
			panic(err)
		}
	}
	return exit
}

func TestScripts(t *testing.T) {
	complaints := t.TempDir()
	t.Cleanup(func() {
		files, err := filepath.Glob(filepath.Join(complaints, "*"))
		if err != nil {
			t.Error(err)
		}
		for _, f := range files {
			complaint, err := os.ReadFile(f)
			t.Errorf("%s (%v)", complaint, err)
		}
	})
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			env.Setenv("LocalAppData", filepath.Join(env.WorkDir, "state"))
			env.Setenv("TEST_NOW", "2026-11-22T12:00:00+09:00")
			env.Setenv("JPKI_LANG", "ja")
			gov, err := filepath.Abs(filepath.Join("..", "..", "testdata", "gov"))
			if err != nil {
				return err
			}
			env.Setenv("GOV", gov)
			for name, font := range map[string][]byte{"box.ttf": boxFont(boxCharacters), "latin.ttf": goregular.TTF} {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), font, 0o600); err != nil {
					return err
				}
			}
			env.Setenv("TEST_COMPLAINTS", complaints)
			// Built with -race, each program would sleep a second before it ends.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
	})
}
