//go:build !linux

package devpg

// freeBytes is 0: only Linux has a memory file system in a known place.
func freeBytes(string) uint64 { return 0 }
