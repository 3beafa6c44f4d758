//go:build unix && !linux

package devpg

import "syscall"

// canNamespace: user namespaces exist on Linux only.
const canNamespace = false

func (a account) namespace(*syscall.SysProcAttr) {}

// childAttr are the attributes of the server process: the terminal's Ctrl-C does
// not reach it before us. When we die it lives on, and the next Start stops it.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
