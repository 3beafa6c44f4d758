package devpg

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

const (
	// keeperEnv makes a test binary a keeper. Its value is a share as JSON.
	keeperEnv = "ENTGRAPH_DEVPG_KEEPER"
	// reportReady is what a keeper writes to its pipe when its server runs.
	reportReady = "ready"
	// mostKept bounds the databases of failed tests, about 8 MB each.
	mostKept = 20
)

// A keeper must take over before any test runs, and the test binary of another
// package has no hook of ours but this. Other programs never become keepers.
func init() {
	if spec := os.Getenv(keeperEnv); spec != "" && testing.Testing() {
		os.Exit(keep(spec))
	}
}

// keep runs the shared test server until nobody needs it.
func keep(spec string) (exit int) {
	report := os.NewFile(3, "report")
	defer report.Close()
	ctx, cancel := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer cancel()
	k, err := newKeeper(ctx, spec)
	if err != nil {
		fmt.Fprint(report, err)
		return 1
	}
	fmt.Fprint(report, reportReady)
	report.Close()
	k.watch(ctx)
	// Nobody reads what goes wrong from here on; what stays is swept by the next.
	_ = remove(k.place.currentLink())
	_ = k.server.Stop(context.WithoutCancel(ctx))
	k.release()
	return 0
}

// keeper owns the shared test server.
type keeper struct {
	share  share
	place  place
	server *Server

	lease    *os.File  // held alone while nobody needs the server
	idleFrom time.Time // when the last test process ended
	newest   time.Time // when the newest kept database was made; zero without
}

func newKeeper(ctx context.Context, spec string) (*keeper, error) {
	k := &keeper{idleFrom: time.Now()}
	if err := json.Unmarshal([]byte(spec), &k.share); err != nil {
		return nil, fmt.Errorf("read keeper options: %w", err)
	}
	var err error
	if k.place, err = placeOf(k.share.Root); err != nil {
		return nil, err
	}
	if k.server, err = Start(ctx, k.share.options()); err != nil {
		return nil, err
	}
	if err = k.place.publish(k.server.cluster); err != nil {
		_ = k.server.Stop(ctx) // the first error is the one to report
		return nil, err
	}
	return k, nil
}

// watch returns when the server is no longer needed or has ended.
func (k *keeper) watch(ctx context.Context) {
	busy := true
	tick := time.NewTicker(min(time.Second, k.share.Idle/4+time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.server.engine.done():
			return
		case <-tick.C:
		}
		if !exists(k.place.leaseFile()) {
			return // the checkout is gone
		}
		lease, err := tryLock(k.place.leaseFile())
		if err != nil {
			return
		}
		if lease == nil {
			busy = true
			continue
		}
		k.lease = lease
		if busy {
			busy, k.idleFrom = false, time.Now()
			k.prune(ctx)
		}
		if k.over(time.Now()) {
			return // with the lease: who comes now waits until the server is gone
		}
		k.release()
	}
}

// over says whether an idle server is no longer needed.
func (k *keeper) over(now time.Time) bool {
	if now.Sub(k.idleFrom) < k.share.Idle {
		return false
	}
	return k.newest.IsZero() || now.Sub(k.newest) >= k.share.Keep
}

func (k *keeper) release() {
	if k.lease != nil {
		k.lease.Close()
		k.lease = nil
	}
}

// prune drops kept databases that are too old or too many. It runs when no test
// process lives, so every test's database is a kept one.
func (k *keeper) prune(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cleanupTime)
	defer cancel()
	k.newest = time.Time{}
	// A server that does not answer is gone or stuck: then nothing is kept.
	_ = k.server.admin(ctx, func(conn *pgx.Conn) error {
		names, err := databases(ctx, conn, testPattern) // the oldest first
		if err != nil {
			return err
		}
		for i, name := range names {
			made, ok := testTime(name)
			if !ok {
				continue
			}
			if i >= len(names)-mostKept && time.Since(made) < k.share.Keep {
				k.newest = made
				continue
			}
			if err := dropDatabase(ctx, conn, name); err != nil {
				return err
			}
		}
		return nil
	})
}
