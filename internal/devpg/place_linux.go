package devpg

import "golang.org/x/sys/unix"

// freeBytes returns the space that an ordinary user may still fill in the file
// system of dir, and 0 when dir is missing or cannot be written to.
func freeBytes(dir string) uint64 {
	var st unix.Statfs_t
	if !writable(dir) || unix.Statfs(dir, &st) != nil {
		return 0
	}
	return st.Bavail * uint64(st.Bsize)
}
