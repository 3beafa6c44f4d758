package command

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// patience is how long a rehearsal is silent.
const patience = 2 * time.Second

// progress tells which file is rehearsed, from the time on when that takes long.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	now   string // what is being done
	late  bool
	timer *time.Timer
}

func startProgress(w io.Writer) *progress {
	p := &progress{w: w, now: "preparing the rehearsal"}
	p.timer = time.AfterFunc(patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.late = true
		fmt.Fprintln(p.w, p.now)
	})
	return p
}

// tell is told of each file before its rehearsal.
func (p *progress) tell(file string, index, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = fmt.Sprintf("rehearsing %s (%d of %d)", file, index, count)
	if p.late {
		fmt.Fprintln(p.w, p.now)
	}
}

// stop ends it: nothing is written any more.
func (p *progress) stop() {
	p.timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.w = io.Discard
}
