package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Reset stops the servers of o.Root, whoever started them, and removes their
// data: with o.Test those of the tests, kept databases included, else the dev
// data as well. Unpacked server binaries stay. Nothing there is no error.
func Reset(o Options) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p, err := placeOf(o.Root)
	if err != nil {
		return fmt.Errorf("reset private postgres: %w", err)
	}
	if !exists(p.base) {
		return nil
	}
	if err := checkOwn(p.base, os.Geteuid()); err != nil {
		return fmt.Errorf("reset private postgres: %w", err)
	}
	err = o.resetTests(ctx, p)
	if !o.Test {
		err = errors.Join(err, o.resetDev(ctx, p))
	}
	if err != nil {
		return fmt.Errorf("reset private postgres: %w", err)
	}
	return nil
}

// resetTests removes every test cluster of this checkout and user.
func (o Options) resetTests(ctx context.Context, p place) error {
	clusters, err := o.testClusters(p)
	for _, c := range clusters {
		err = errors.Join(err, c.destroy(ctx))
	}
	return err
}

// resetDev removes the data of all versions and leaves the locks: a lock file
// made again would not be the one that others wait for.
func (o Options) resetDev(ctx context.Context, p place) error {
	c := o.cluster(p, p.base, false)
	if err := c.removeContainer(ctx); err != nil {
		return err
	}
	lock, err := c.lockServer(ctx)
	if err != nil {
		return err
	}
	defer lock.Close()
	paths, err := globDir(c.dir, "data[1-9][0-9]*")
	if err != nil {
		return err
	}
	for _, path := range append(paths, c.sock, c.logFile()) {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove data: %w", err)
		}
	}
	return nil
}
