package devpg

import (
	"strconv"
	"strings"
)

// commandLine returns the command line of a process with spaces between the
// arguments, and "" when there is none: no such process, or a zombie.
func commandLine(pid int) string {
	text, err := readFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(text, "\x00", " ")
}
