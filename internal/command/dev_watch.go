package command

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/devpg"
	"github.com/entgraph/entgraph/internal/migrate/database"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
	"github.com/entgraph/entgraph/internal/watch"
)

// supervisor serves the sources of a checkout as they are saved. It holds the listener and the
// database; the API is a process of its own, and when another build is ready it takes over on
// the same listener, so that no request fails. The steps from a save to that are a round, of
// which there is one at a time; when one fails the API from before goes on.
type supervisor struct {
	*app
	cfg     config.Config
	url     string // of the database, for its owner
	ln      *net.TCPListener
	src     *source
	watcher *watch.Watcher
	keys    *keyboard // nil without a terminal
	file    string    // what the playground is told

	changes chan []watch.Change
	saved   []watch.Change // while something was asked

	state  development
	due    watch.Kind // what is to be done since the last good round
	from   string     // digest of the sources that were generated from last
	schema string     // digest of what the database was brought to, with the drafts there were then
	plans  plans
	child  *child
	again  int            // how often it began again, see back
	waited time.Duration  // for answers, in this round
	leaves sync.WaitGroup // processes that end
}

// errSaved ends a question or a build: something was saved meanwhile.
var errSaved = errors.New("something was saved meanwhile")

// watch serves and rebuilds until ctx ends.
func (a *app) watch(ctx context.Context, cfg config.Config, url string, ln net.Listener, src *source, in io.Reader) (err error) {
	w, err := watch.Open(src.root)
	if err != nil {
		return err
	}
	defer w.Close()
	own := *a
	own.Migrations = a.onDisk(src.root)
	var keys *keyboard
	if terminal(in) {
		signal.Ignore(syscall.SIGTTIN) // reading in the background is an error, and stops nothing
		keys = newKeyboard(in, a.stdout)
	}
	own.stdout, own.stderr = devpg.Lines(keys.around(a.stdout)), devpg.Lines(keys.around(a.stderr)) // servers write there too
	s := &supervisor{
		app: &own, cfg: cfg, url: url, ln: ln.(*net.TCPListener), src: src, watcher: w, changes: make(chan []watch.Change),
		file: filepath.Join(src.root, ".dev", "development.json"),
		// A page that is open since an earlier dev sees another API.
		state: development{API: int(time.Now().Unix())},
		plans: plans{states: map[string]*schemadiff.State{}},
	}
	src.tell = own.stdout
	s.keys = keys
	defer func() { _ = os.Remove(s.file) }() // nobody reads it any more
	defer s.end()
	if s.from, err = w.Sum(watch.Generate); err != nil {
		return err
	}
	if w.Newer(watch.Generate, src.generated()) { // saved while this program was built
		s.due = watch.Generate
	}
	go s.listen(ctx)
	if err := s.start(ctx); err != nil {
		return err
	}
	_ = os.Remove(s.undone()) // of another time
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for ctx.Err() == nil {
		changes := s.saved
		if s.saved = nil; changes == nil {
			select {
			case <-ctx.Done():
				continue
			case changes = <-s.changes:
			case <-s.child.ended:
				s.revive(ctx)
				continue
			case <-look.C:
				s.lookForUndo()
				continue
			}
		}
		s.round(ctx, changes)
	}
	s.end()
	fmt.Fprintln(s.stdout, "\nstopped")
	return nil
}

// listen passes on what is saved.
func (s *supervisor) listen(ctx context.Context) {
	for {
		changes, err := s.watcher.Next(ctx)
		if ctx.Err() != nil || errors.Is(err, watch.ErrClosed) { // that ends dev, or its start has failed
			return
		}
		if err != nil {
			fmt.Fprintf(s.stderr, "%v\nwhat is saved is not seen any more; start again\n", err)
			return
		}
		select {
		case s.changes <- changes:
		case <-ctx.Done():
			return
		}
	}
}

// round does what follows from changes, and says how that went.
func (s *supervisor) round(ctx context.Context, changes []watch.Change) {
	begin := time.Now()
	s.waited = 0
	s.take(changes)
	s.state.Working = true
	s.tell()
	served := s.state.API
	err := s.work(ctx)
	s.state.Working = false
	switch {
	case ctx.Err() != nil || errors.Is(err, errSaved):
		return
	case err != nil:
		s.fail(err)
		return
	}
	s.due, s.state.Problem = 0, nil
	s.tell()
	what := "ready"
	if s.state.API == served {
		what = "no change of the API"
	}
	fmt.Fprintf(s.stdout, "  %s, %.1f s\n", what, (time.Since(begin) - s.waited).Seconds())
}

// take says what was saved, and what is due for it.
func (s *supervisor) take(changes []watch.Change) {
	for _, c := range changes {
		s.due |= c.Kind
	}
	s.src.saved(changes)
	fmt.Fprintf(s.stdout, "%s\n", listed(changes))
}

// listed names what was saved, in one line.
func listed(changes []watch.Change) string {
	const most = 3
	var all []string
	for _, c := range changes[:min(len(changes), most)] {
		all = append(all, c.Path)
	}
	text := strings.Join(all, ", ")
	if more := len(changes) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// work does what is due.
func (s *supervisor) work(ctx context.Context) error {
	if err := s.compile(ctx); err != nil {
		return err
	}
	if err := s.bring(ctx); err != nil {
		return err
	}
	now, err := s.src.built()
	if err != nil || now == s.child.built && s.child.started() {
		return err
	}
	return s.swap(ctx)
}

// fail shows a problem, here and in the playground.
func (s *supervisor) fail(err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = refused(err)
		p.Text += s.orReset(s.cfg, err)
	}
	if old := s.state.Problem; old == nil || *old != *p {
		fmt.Fprintln(s.stdout, indented(p.Text))
	}
	s.state.Problem = p
	s.tell()
	switch {
	case s.child == nil:
	case s.child.started():
		fmt.Fprintln(s.stdout, "  the API from before goes on")
	default:
		fmt.Fprintln(s.stdout, "  no API runs; it is started again when a change is saved")
	}
}

// tell tells the playground.
func (s *supervisor) tell() {
	if err := s.state.write(s.file); err != nil {
		s.logger(s.cfg).Warn("the playground is not told of changes", "error", err)
	}
}

// bring brings the private database to the migrations and to the schema that was generated
// last. Another database is only looked at, by the API when it starts.
func (s *supervisor) bring(ctx context.Context) error {
	if !usesPrivate(s.cfg) {
		return nil
	}
	digest, err := s.digest()
	if err != nil {
		return err
	}
	if now, err := s.at(digest); err != nil || now == s.schema {
		return err
	}
	if err := s.withPrivate(ctx, s.settle, s.lead); err != nil {
		return err
	}
	s.schema, err = s.at(digest) // with the drafts as they were left here: somebody may take them back
	return err
}

// at stands for what the database should be, by a digest, and the drafts that there are.
func (s *supervisor) at(digest string) (string, error) {
	kept, err := draftsOf(s.src.root).list()
	return digest + strings.Join(kept, "\n"), err
}

// withPrivate calls functions with the private Postgres.
func (s *supervisor) withPrivate(ctx context.Context, all ...func(context.Context, settling) error) error {
	return s.withScratch(ctx, s.cfg, func(pg *devpg.Server) error {
		to := settling{
			app: s.app, url: s.url, dir: s.Migrations, scratch: pg.Scratch, drafts: draftsOf(s.src.root), ask: s.asker(ctx),
			kept: &s.plans.kept, states: s.plans.states,
		}
		for _, f := range all {
			if err := f(ctx, to); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle applies what is pending.
func (s *supervisor) settle(ctx context.Context, to settling) error {
	if err := to.run(ctx); err != nil {
		return err
	}
	st, err := database.ReadStatus(ctx, s.url, s.Migrations)
	if err != nil {
		return err
	}
	return st.Err()
}

// lead applies what the schema has more than the migrations.
func (s *supervisor) lead(ctx context.Context, to settling) error {
	want, err := s.plans.read(ctx, s.src.root, to.scratch)
	if err != nil {
		return err
	}
	did, err := to.lead(ctx, want.state, want.hints)
	if err != nil || !did {
		return err
	}
	fmt.Fprintf(s.stdout, "  applied to the private database; make it a migration with: %s\n", s.rebuilt("migrate diff NAME"))
	if s.cfg.DatabaseRLS {
		return s.grantTo(ctx, s.url, s.devRole())
	}
	return nil
}

// digest stands for everything that says what the database should be.
func (s *supervisor) digest() (string, error) {
	sum := sha256.New()
	for _, pattern := range []string{"schema.sql", "hints.go", "objects/*.sql", "migrations/*.sql", "migrations/atlas.sum"} {
		files, err := filepath.Glob(filepath.Join(s.src.root, migrateDir, pattern))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%s %d\n%s", file, len(text), text)
		}
	}
	return string(sum.Sum(nil)), nil
}

// asker asks on the terminal, if there is one, until something else is saved. The playground
// shows meanwhile that there is a question.
func (s *supervisor) asker(ctx context.Context) (a asker) {
	if s.keys == nil {
		return a
	}
	a.confirm = func(_ context.Context, question string) (yes bool, err error) {
		err = s.asking(ctx, question, func(ctx context.Context) error {
			yes, err = s.keys.confirm(ctx, question)
			return err
		})
		return yes, err
	}
	a.choose = func(_ context.Context, q schemadiff.Question) (choice string, err error) {
		err = s.asking(ctx, q.Text, func(ctx context.Context) error {
			choice, err = s.keys.choose(ctx, q)
			return err
		})
		return choice, err
	}
	return a
}

func (s *supervisor) asking(ctx context.Context, question string, f func(context.Context) error) error {
	s.state.Problem = &problem{Kind: problemQuestion, Text: question}
	s.tell()
	begin := time.Now()
	err := s.untilSaved(ctx, f)
	s.waited += time.Since(begin)
	if errors.Is(err, errSaved) {
		fmt.Fprintln(s.stdout, "  the question is dropped, because something was saved; beginning again")
	}
	s.state.Problem = nil
	s.tell()
	return err
}

// untilSaved calls f with a context that ends when something is saved. The error is errSaved
// then, unless f does what it does all the same.
func (s *supervisor) untilSaved(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var waits sync.WaitGroup
	waits.Go(func() {
		select {
		case changes := <-s.changes:
			s.saved = append(s.saved, changes...)
			cancel(errSaved)
		case <-ctx.Done():
		}
	})
	err := f(ctx)
	cancel(nil)
	waits.Wait()
	if err != nil && errors.Is(context.Cause(ctx), errSaved) {
		return errSaved
	}
	return err
}

// swap starts the program that was built last, and lets it take over.
func (s *supervisor) swap(ctx context.Context) error {
	program, err := s.src.built()
	if err != nil {
		return err
	}
	path := s.src.path()
	if program == "" { // the first, which was installed elsewhere
		if path, err = os.Executable(); err != nil {
			return err
		}
	}
	o := apiOptions{development: s.file}
	if usesPrivate(s.cfg) {
		o.url = s.url
	}
	next, err := startChild(ctx, path, s.environ, s.src.root, s.ln, o, s.stdout, s.stderr)
	if err != nil {
		return err
	}
	next.built = program
	if err := s.src.keep(); err != nil {
		s.logger(s.cfg).Warn("the commands run the program from before", "error", err)
	}
	s.leave()
	s.child = next
	s.state.API++
	return nil
}

// leave lets the API that runs end, and does not wait for it.
func (s *supervisor) leave() {
	if old := s.child; old != nil && old.started() {
		old.stop()
		s.leaves.Go(func() { <-old.ended })
	}
}

// revive starts an API again that has ended by itself, unless that was soon after it was
// started for that reason, or it does not start: the next is then up to a change.
func (s *supervisor) revive(ctx context.Context) {
	const soon = 10 * time.Second
	how := s.child.cmd.ProcessState
	if time.Since(s.child.again) < soon {
		s.child = &child{}
		s.fail(&problem{Kind: problemStart, Text: fmt.Sprintf("the API has ended by itself again (%v)", how)})
		return
	}
	fmt.Fprintf(s.stdout, "the API has ended by itself (%v); starting it again\n", how)
	switch err := s.swap(ctx); {
	case ctx.Err() != nil:
	case err != nil:
		s.child = &child{}
		s.fail(err)
	default:
		s.child.again = time.Now()
		s.tell()
	}
}

// end ends everything.
func (s *supervisor) end() {
	s.leave()
	s.leaves.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	_ = s.plans.kept.Close(ctx) // what cannot be dropped now goes when the server starts the next time
}
