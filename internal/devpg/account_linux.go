package devpg

import (
	"os"
	"syscall"
)

// canNamespace says whether the system has user namespaces. A container may
// still forbid them.
const canNamespace = true

// namespace makes the process see the caller's ids as those of the account.
func (a account) namespace(attr *syscall.SysProcAttr) {
	attr.Cloneflags |= syscall.CLONE_NEWUSER
	attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: a.uid, HostID: os.Geteuid(), Size: 1}}
	attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: a.gid, HostID: os.Getegid(), Size: 1}}
}

// childAttr are the attributes of the server process: the terminal's Ctrl-C does
// not reach it before us, and it shuts down when the thread that started it ends.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
}
