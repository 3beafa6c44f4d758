package command

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A rehearsal is silent for two seconds, and then tells what it is at.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := startProgress(&out)
		p.tell("a.sql", 1, 3)
		time.Sleep(patience - 1)
		synctest.Wait()
		if out.Len() > 0 {
			t.Errorf("early: %q", &out)
		}
		p.tell("b.sql", 2, 3)
		time.Sleep(2)
		synctest.Wait()
		p.tell("c.sql", 3, 3)
		p.stop()
		p.tell("d.sql", 3, 3)
		if want := "rehearsing b.sql (2 of 3)\nrehearsing c.sql (3 of 3)\n"; out.String() != want {
			t.Errorf("got %q, want %q", &out, want)
		}
	})
}
