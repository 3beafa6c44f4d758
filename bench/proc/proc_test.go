package proc

import (
	"os"
	"testing"
	"time"
)

// TestCPUGrowsWithWork spins until both ways of reading the time have seen it.
func TestCPUGrowsWithWork(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(int) (time.Duration, error){"CPU": CPU, "ticks": ticks} {
		before, err := read(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(30 * time.Second)
		for used := time.Duration(0); used < 3*tick; {
			now, err := read(os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			if used = now - before; time.Now().After(deadline) {
				t.Fatalf("%s saw only %v", name, used)
			}
		}
	}
}

func TestPeakRSS(t *testing.T) {
	t.Parallel()
	got, err := PeakRSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got < 1<<20 || got > 64<<30 {
		t.Errorf("PeakRSS = %d", got)
	}
}

func TestUnknownProcess(t *testing.T) {
	t.Parallel()
	const pid = 1 << 30 // above the largest pid of Linux
	if _, err := CPU(pid); err == nil {
		t.Error("CPU gave no error")
	}
	if _, err := PeakRSS(pid); err == nil {
		t.Error("PeakRSS gave no error")
	}
	if _, err := Command(pid); err == nil {
		t.Error("Command gave no error")
	}
}
