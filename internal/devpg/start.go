package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// othersStart is how long to wait for another process that is starting or
// stopping the dev server; an npm install is part of it.
const othersStart = 2 * time.Minute

// startDev owns the dev server of the checkout, or attaches to it.
func startDev(ctx context.Context, o Options, p place) (*Server, error) {
	c := o.cluster(p, p.base, false)
	limited, cancel := context.WithTimeout(ctx, othersStart)
	defer cancel()
	done := announce(o.Progress, "waiting for the process that starts or stops this checkout's database")
	defer done()
	for {
		owner, err := tryLock(c.ownerLock())
		if err != nil {
			return nil, err
		}
		if owner != nil {
			done()
			return c.ownedBy(ctx, owner)
		}
		s, err := c.attach(ctx)
		if s != nil || err != nil {
			return s, err
		}
		if err := pause(limited, pollPause); err != nil {
			return nil, fmt.Errorf("another process owns the database in %s and it is not ready: %w", c.dir, err)
		}
	}
}

// ownedBy runs the cluster's server under owner, the locked owner.lock.
func (c *cluster) ownedBy(ctx context.Context, owner *os.File) (*Server, error) {
	s, err := c.run(ctx)
	if err == nil {
		s.owner = owner
		if err = errors.Join(s.dropScratch(ctx), s.checkFolding(ctx)); err == nil {
			return s, nil
		}
		err = errors.Join(err, s.engine.stop(ctx))
	}
	return nil, errors.Join(err, owner.Close())
}

// attach returns the running server of another process, nil when it is not ready.
func (c *cluster) attach(ctx context.Context) (*Server, error) {
	dirs, err := c.dataDirs()
	if err != nil {
		return nil, err
	}
	for _, data := range dirs {
		file, err := readPIDFile(data)
		if err != nil || file.status != "ready" || !isServer(file.pid, data) {
			continue
		}
		s := &Server{cluster: c, host: c.sock, port: file.port, data: data,
			source: fmt.Sprintf("server already running as process %d", file.pid)}
		if s.greet(ctx) != nil {
			continue // it may have begun to stop; the caller looks again
		}
		if c.o.Port != 0 && c.o.Port != file.port {
			return nil, fmt.Errorf("the database runs already without TCP port %d; stop the process that started it first", c.o.Port)
		}
		return s, nil
	}
	if exists(c.containerFile()) {
		return c.attachContainer(ctx)
	}
	return nil, nil
}

// startTest runs a new cluster and removes those that dead processes left.
func startTest(ctx context.Context, o Options, p place) (*Server, error) {
	c, owner, err := o.newTestCluster(ctx, p)
	if err != nil {
		return nil, err
	}
	s, err := c.ownedBy(ctx, owner)
	if err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return s, nil
}

// newTestCluster makes the folder of a test cluster and locks it.
func (o Options) newTestCluster(ctx context.Context, p place) (*cluster, *os.File, error) {
	// A folder is not locked in the moment it is made; nobody sweeps then.
	guard, err := waitLock(ctx, filepath.Join(p.base, "sweep.lock"), unix.LOCK_EX)
	if err != nil {
		return nil, nil, err
	}
	defer guard.Close()
	if err := o.sweep(ctx, p); err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp(p.testParents()[0], p.testPrefix())
	if err != nil {
		return nil, nil, fmt.Errorf("make test cluster: %w", err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chmod(dir, 0o755); err != nil { // as in place.prepare
			return nil, nil, fmt.Errorf("make test cluster: %w", err)
		}
	}
	c := o.cluster(p, dir, true)
	owner, err := tryLock(c.ownerLock())
	if err == nil && owner == nil {
		err = errors.New("somebody else locked a new folder")
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("make test cluster: %w", err), c.remove())
	}
	return c, owner, nil
}

// sweep removes the test clusters of this checkout and user whose owner died.
func (o Options) sweep(ctx context.Context, p place) error {
	clusters, err := o.testClusters(p)
	for _, c := range clusters {
		if err == nil {
			err = c.sweep(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("remove old test cluster: %w", err)
	}
	return nil
}

// testClusters returns every test cluster of this checkout and user.
func (o Options) testClusters(p place) ([]*cluster, error) {
	var clusters []*cluster
	for _, parent := range p.testParents() {
		dirs, err := globDir(parent, p.testPrefix()+"*")
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			if checkOwn(dir, os.Geteuid()) == nil {
				clusters = append(clusters, o.cluster(p, dir, true))
			}
		}
	}
	return clusters, nil
}

// sweep removes the cluster unless somebody owns it.
func (c *cluster) sweep(ctx context.Context) error {
	owner, err := tryLock(c.ownerLock())
	if owner == nil || err != nil {
		return err
	}
	defer owner.Close()
	return c.destroy(ctx)
}

// destroy stops whatever runs on the cluster and removes it.
func (c *cluster) destroy(ctx context.Context) error {
	if err := c.removeContainer(ctx); err != nil {
		return err
	}
	lock, err := c.lockServer(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	return c.remove()
}
