//go:build pcscd

package stacktest

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jpki-tools/jpki/internal/testkit"
	"github.com/jpki-tools/jpki/pkg/virtualcard"
)

// BenchmarkTable compares the program, in both of its builds, with what others
// have for the same work: OpenSC on the same card, openssl and pdfsig on the
// same files. Runs of one kind of work take turns, and the table has the median
// of each. It is a table and no verdict: .ci/bench prints it.
//
// JPKI_BENCH_TABLE is the file that it goes to (standard output without it),
// JPKI_BENCH_RUNS the number of runs, JPKI_BENCH_BIG the size of the big file
// in MiB.
func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		t := table{TB: b, runs: number("JPKI_BENCH_RUNS", 5), dir: b.TempDir()}
		insert(b, "adult", virtualcard.Options{})
		tool(b, t.dir, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=DEMO", "-keyout", "key", "-out", "cert")
		t.card()
		t.start()
		t.files("1 MiB", 1<<20)
		t.pdf("PDF, 1 MB", 1e6)
		t.many(100)
		t.pdf("PDF, 100 MB", 100e6)
		big := number("JPKI_BENCH_BIG", 1024)
		t.files(fmt.Sprintf("%d MiB", big), int64(big)<<20)
		t.print()
	}
}

func number(variable string, otherwise int) int {
	n, _ := strconv.Atoi(os.Getenv(variable))
	return cmp.Or(max(n, 0), otherwise)
}

// table is made row by row.
type table struct {
	testing.TB
	runs int
	dir  string
	rows [][]string
}

// contender does some work: the program, or another one.
type contender struct {
	name string
	run  func() (usage, []exchange)
}

// ours is the program in both builds. $B in an argument is the build.
func (t *table) ours(args ...string) (all []contender) {
	for _, p := range programs {
		all = append(all, contender{"jpki (" + p.backend + ")", func() (usage, []exchange) {
			var replaced []string
			for _, a := range args {
				replaced = append(replaced, strings.ReplaceAll(a, "$B", p.backend))
			}
			r, u := p.prepare(t, setting{dir: t.dir, stdin: virtualcard.SignPIN + "\n"}, replaced...).watched(t)
			r.wantExit(t, 0)
			return u, r.log
		}})
	}
	return all
}

func (t *table) others(args ...string) contender {
	return contender{args[0], func() (usage, []exchange) {
		since := slots[0].now()
		run := exec.Command(args[0], args[1:]...)
		var out bytes.Buffer
		run.Dir, run.Stdout, run.Stderr = t.dir, &out, &out
		start := time.Now()
		testkit.Must(t, run.Start())
		u, err := watch(run, start)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, &out)
		}
		return u, slots[0].seenSince(since)
	}}
}

// shell is a line of other programs; its memory is not theirs.
func (t *table) shell(name, line string) contender {
	c := t.others("sh", "-c", line)
	return contender{name, func() (usage, []exchange) {
		u, log := c.run()
		u.resident = 0
		return u, log
	}}
}

// row has everybody do the same work, in turn.
func (t *table) row(work string, all ...contender) {
	runs := make([][]usage, len(all))
	logs := make([][]exchange, len(all))
	for range t.runs {
		for i, c := range all {
			u, log := c.run()
			runs[i], logs[i] = append(runs[i], u), log
		}
	}
	for i, c := range all {
		bytes := 0
		for _, x := range logs[i] {
			bytes += x.bytes
		}
		t.rows = append(t.rows, []string{
			work, c.name,
			milliseconds(median(runs[i], func(u usage) time.Duration { return u.wall })),
			milliseconds(median(runs[i], func(u usage) time.Duration { return u.cpu })),
			mebibytes(median(runs[i], func(u usage) int { return u.resident })),
			fmt.Sprint(len(logs[i])), fmt.Sprint(bytes),
		})
		work = ""
	}
}

func median[T cmp.Ordered](runs []usage, of func(usage) T) T {
	var all []T
	for _, u := range runs {
		all = append(all, of(u))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func mebibytes(kib int) string {
	if kib == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", float64(kib)/1024)
}

func (t *table) print() {
	out := io.Writer(os.Stdout)
	if path := os.Getenv("JPKI_BENCH_TABLE"); path != "" {
		f, err := os.Create(path)
		testkit.Must(t, err)
		defer f.Close()
		out = f
	}
	load, err := os.ReadFile("/proc/loadavg")
	testkit.Must(t, err)
	fmt.Fprintf(out, "median of %d runs, in turn; load average at the end %s\n\n", t.runs, strings.Join(strings.Fields(string(load))[:3], " "))
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tprogram\twall ms\tCPU ms\tmemory MiB\tcard commands\tcard bytes")
	for _, row := range t.rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	testkit.Must(t, w.Flush())
	fmt.Fprint(out, "\nWhat jpki has written is on the disk when it ends; the others leave that to the system.\n\n")
	for i, build := range []string{"with cgo", "without cgo"} {
		info, err := os.Stat(programs[i].path)
		testkit.Must(t, err)
		fmt.Fprintf(out, "the program %s: %.1f MB\n", build, float64(info.Size())/1e6)
	}
}

// card is what the card has to do, beside OpenSC.
func (t *table) card() {
	write(t, t.dir, "small", "content")
	tool(t, t.dir, "openssl", "dgst", "-sha256", "-binary", "-out", "digest", "small")
	found, err := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if err != nil || len(found) == 0 {
		t.Fatalf("no opensc-pkcs11.so: %v", err)
	}
	t.row("certificate without a PIN", append(t.ours("cert", "export", "auth"), t.others("pkcs15-tool", "--read-certificate", "1"))...)
	t.row("certificate with its PIN", append(t.ours("cert", "export", "sign", "--pin-stdin"),
		t.others("pkcs15-tool", "--read-certificate", "2", "--auth-id", "2", "--verify-pin", "--pin", virtualcard.SignPIN))...)
	t.row("tries left", append(t.ours("pin", "status"), t.others("pkcs15-tool", "--list-pins"))...)
	t.row("bare signature", append(t.ours("sign", "--format", "raw", "small", "--pin-stdin", "-o", "raw-$B", "--force"),
		t.others("pkcs15-crypt", "--sign", "--key", "2", "--pin", virtualcard.SignPIN, "--sha-256", "--pkcs1", "--input", "digest", "--output", "raw"),
		t.others("pkcs11-tool", "--module", found[0], "--slot-index", "1", "--login", "--pin", virtualcard.SignPIN,
			"--sign", "--mechanism", "SHA256-RSA-PKCS", "--input-file", "small", "--output-file", "raw"))...)
}

func (t *table) start() {
	t.row("start", append(t.ours("version"), t.others("openssl", "version"), t.others("pkcs15-tool", "--version"))...)
}

// files signs and verifies, beside openssl with a key in a file.
func (t *table) files(what string, size int64) {
	write(t, t.dir, "big", "")
	testkit.Must(t, os.Truncate(filepath.Join(t.dir, "big"), size))
	openssl := func(args ...string) contender {
		return t.others(append([]string{"openssl", "cms", "-binary"}, args...)...)
	}
	sign := []string{"sign", "big", "--pin-stdin", "--force", "-o"}
	t.row("sign "+what, append(t.ours(append(sign, "$B.p7s")...),
		openssl("-sign", "-in", "big", "-signer", "cert", "-inkey", "key", "-outform", "DER", "-out", "openssl.p7s"))...)
	t.row("verify it", append(t.ours("verify", "$B.p7s", "--content", "big", "--trust", "demo"),
		openssl("-verify", "-inform", "DER", "-in", "openssl.p7s", "-content", "big", "-CAfile", "cert", "-purpose", "any", "-out", os.DevNull))...)
	t.row("sign "+what+", content inside", append(t.ours(append(sign, "$B.p7m", "--attached")...),
		openssl("-sign", "-nodetach", "-stream", "-in", "big", "-signer", "cert", "-inkey", "key", "-outform", "DER", "-out", "openssl.p7m"))...)
	t.row("verify it", append(t.ours("verify", "$B.p7m", "--trust", "demo"),
		openssl("-verify", "-inform", "DER", "-in", "openssl.p7m", "-CAfile", "cert", "-purpose", "any", "-out", os.DevNull))...)
	t.row("take the content out", append(t.ours("verify", "$B.p7m", "--trust", "demo", "--extract", "taken", "--force"),
		openssl("-verify", "-inform", "DER", "-in", "openssl.p7m", "-CAfile", "cert", "-purpose", "any", "-out", "taken"))...)
}

// pdf signs and verifies a file that is one big stream; pdfsig has only half of
// it. A copy and a hash are what signing cannot do without.
func (t *table) pdf(what string, size int) {
	var file bytes.Buffer
	var table []string
	for i, object := range []string{
		"<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 200]>>", "<</Type /Page /Parent 2 0 R /Contents 4 0 R>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", size/16*16, strings.Repeat("%0123456789abcde", size/16)),
	} {
		if i == 0 {
			file.WriteString("%PDF-1.7\n")
		}
		table = append(table, fmt.Sprintf("%010d 00000 n \n", file.Len()))
		fmt.Fprintf(&file, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	at := file.Len()
	fmt.Fprintf(&file, "xref\n0 5\n0000000000 65535 f \n%strailer\n<</Size 5 /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", strings.Join(table, ""), at)
	write(t, t.dir, "a.pdf", file.String())
	t.row("sign "+what, append(t.ours("sign", "a.pdf", "--pin-stdin", "--force", "-o", "$B.pdf"), t.shell("cp, sha256sum", "cp a.pdf copy.pdf && sha256sum copy.pdf"))...)
	t.row("verify it", append(t.ours("verify", "$B.pdf", "--trust", "demo"), t.others("pdfsig", "-nocert", programs[0].backend+".pdf"))...)
}

// many signs small files in one call.
func (t *table) many(files int) {
	args := []string{"sign", "--pin-stdin", "--force"}
	for n := range files {
		name := fmt.Sprintf("%d.txt", n)
		write(t, t.dir, name, name)
		args = append(args, name)
	}
	loop := fmt.Sprintf("for n in $(seq 0 %d); do openssl cms -sign -binary -in $n.txt -signer cert -inkey key -outform DER -out $n.openssl || exit 1; done", files-1)
	t.row(fmt.Sprintf("sign %d small files", files), append(t.ours(args...), t.shell("openssl, once a file", loop))...)
}
