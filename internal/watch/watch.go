package watch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing must have happened before a burst counts as over.
	quiet = 80 * time.Millisecond
	// longest bounds the wait for that, and that for Git.
	longest = 5 * time.Second
)

// Change is a source with other contents than before; one that is new or gone, too.
type Change struct {
	Path string // below the project, with slashes
	Kind Kind
}

// Watcher watches the sources of a project. Get one from [Open].
type Watcher struct {
	root   string
	notify *fsnotify.Watcher

	mu    sync.Mutex
	known map[string]source
	dirs  map[string]bool
	quiet bool // what changes in parts of the program waits; see Quietly
}

// Open begins to watch the project below root. Call [Watcher.Close] in the end.
func Open(root string) (*Watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", root, err)
	}
	w := &Watcher{root: root, notify: n, dirs: map[string]bool{}}
	t, err := w.scan()
	if err != nil {
		return nil, errors.Join(err, n.Close())
	}
	w.known = t.files
	return w, nil
}

// ErrClosed is what [Watcher.Next] fails with after [Watcher.Close].
var ErrClosed = fsnotify.ErrClosed

// Close ends the watching.
func (w *Watcher) Close() error { return w.notify.Close() }

// Next waits until sources have changed since the last call, and gives them in the order of
// their paths. Its error is that of ctx when that ends.
func (w *Watcher) Next(ctx context.Context) ([]Change, error) {
	for {
		found, err := w.look(false)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			if err := w.event(ctx, nil); err != nil {
				return nil, err
			}
		}
		if err := w.calm(ctx); err != nil {
			return nil, err
		}
		if found, err = w.look(true); err != nil || len(found) > 0 {
			return found, err
		}
	}
}

// Quietly calls f, such as the generator, and takes what it writes into parts of the program
// as known, such as the stub of a resolver. All else is told meanwhile, such as the sources of
// the generator, and when f fails all is: then somebody else wrote.
func (w *Watcher) Quietly(f func() error) error {
	w.silence(true)
	defer w.silence(false)
	if err := f(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := w.scan()
	if err != nil {
		return err
	}
	for _, c := range changed(w.known, t.files) {
		if c.Kind == Build {
			w.known = put(w.known, t.files, c.Path)
		}
	}
	return nil
}

func (w *Watcher) silence(quiet bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.quiet = quiet
}

// put makes a file in a tree what it is in another.
func put(in, from map[string]source, path string) map[string]source {
	if file, ok := from[path]; ok {
		in[path] = file
	} else {
		delete(in, path)
	}
	return in
}

// look gives what has changed since it was taken as known last, and takes it as that.
func (w *Watcher) look(take bool) (all []Change, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := w.scan()
	if err != nil {
		return nil, err
	}
	for _, c := range changed(w.known, t.files) {
		if w.quiet && c.Kind == Build {
			t.files = put(t.files, w.known, c.Path)
		} else {
			all = append(all, c)
		}
	}
	if take {
		w.known = t.files
	}
	return all, nil
}

// Sum stands for the contents of the sources of a kind, as they are now.
func (w *Watcher) Sum(kind Kind) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, err := scan(w.root, w.known)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		if file := t.files[name]; file.kind&kind != 0 {
			fmt.Fprintf(sum, "%s %x\n", name, file.sum)
		}
	}
	return string(sum.Sum(nil)), nil
}

// Newer reports whether a source of a kind was changed after a time, as far as is known.
func (w *Watcher) Newer(kind Kind, than time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, file := range w.known {
		if file.kind&kind != 0 && file.modified.After(than) {
			return true
		}
	}
	return false
}

// scan reads the sources and watches folders that are new.
func (w *Watcher) scan() (tree, error) {
	t, err := scan(w.root, w.known)
	if err != nil {
		return tree{}, err
	}
	fresh := false
	for _, dir := range t.dirs {
		// Also those that are watched: one that was removed and made again is another folder.
		if err := w.notify.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			return tree{}, fmt.Errorf("watch %s: %w", dir, err)
		}
		fresh = fresh || !w.dirs[dir]
		w.dirs[dir] = true
	}
	for dir := range w.dirs {
		if !slices.Contains(t.dirs, dir) {
			delete(w.dirs, dir) // the system does not watch it any more
		}
	}
	if fresh { // what came into them before they were watched
		return scan(w.root, t.files)
	}
	return t, nil
}

// calm waits for the end of a burst.
func (w *Watcher) calm(ctx context.Context) error {
	for begin := time.Now(); time.Since(begin) < longest; {
		if err := w.event(ctx, time.After(quiet)); errors.Is(err, errQuiet) && !w.gitWorks() {
			return nil
		} else if err != nil && !errors.Is(err, errQuiet) {
			return err
		}
	}
	return nil
}

var errQuiet = errors.New("nothing happens")

// event waits for an event. Its error is errQuiet when the time is over.
func (w *Watcher) event(ctx context.Context, over <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-over:
		return errQuiet
	case _, ok := <-w.notify.Events:
		if !ok {
			return fsnotify.ErrClosed
		}
		return nil
	case err, ok := <-w.notify.Errors:
		if !ok {
			return fsnotify.ErrClosed
		}
		if errors.Is(err, fsnotify.ErrEventOverflow) {
			return nil // whatever it was, reading shows it
		}
		return fmt.Errorf("watch %s: %w", w.root, err)
	}
}

// gitWorks reports whether Git changes the work tree.
func (w *Watcher) gitWorks() bool {
	dir := filepath.Join(w.root, ".git")
	if text, err := os.ReadFile(dir); err == nil { // of a linked work tree
		if _, path, ok := strings.Cut(strings.TrimSpace(string(text)), "gitdir: "); ok {
			dir = path
		}
	}
	_, err := os.Stat(filepath.Join(dir, "index.lock"))
	return err == nil
}

// changed compares two trees.
func changed(before, after map[string]source) (all []Change) {
	for name, now := range after {
		was, ok := before[name]
		if kind := was.kind | now.kind; kind != 0 && (!ok || was.sum != now.sum) {
			all = append(all, Change{name, kind})
		}
	}
	for name, was := range before {
		if _, ok := after[name]; !ok && was.kind != 0 {
			all = append(all, Change{name, was.kind})
		}
	}
	slices.SortFunc(all, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return all
}
