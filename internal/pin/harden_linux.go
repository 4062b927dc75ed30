package pin

import "golang.org/x/sys/unix"

// Harden keeps this program's memory, in which a PIN may be, out of core dumps
// and out of the reach of the user's other programs (ptrace, /proc/PID/mem).
// The limit alone does not stop a core_pattern that pipes into a program. Other
// programs that are started from here get the limit, but can be dumped and
// debugged again as far as that allows.
//
// A process that cannot be dumped loses /proc/PID/{fd,environ,maps} to others
// of the same user but not to itself, and keeps the files that polkit and
// systemd read of their clients (stat, status, cgroup).
func Harden() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	return forbidCores()
}
