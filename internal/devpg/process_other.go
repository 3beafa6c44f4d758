//go:build unix && !linux

package devpg

import (
	"os/exec"
	"strconv"
)

// commandLine returns the command line of a process, and "" when there is no
// such process.
func commandLine(pid int) string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(out)
}
