package migrate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	aschema "ariga.io/atlas/sql/schema"
)

// Squash merges the given unapplied migrations of dir, which follow each other, into
// one of the given name and the newest of their versions. Their down files are merged
// in reverse order; when one lacks, the result has none. It gives the merged names and
// the new one. The caller makes sure that they are [Unapplied].
func Squash(dir string, versions []string, name string, dryRun bool) (merged []string, file string, err error) {
	if !migrationName.MatchString(name) {
		return nil, "", fmt.Errorf("name migration %q: want lower-case words joined by _, such as add_post_published", name)
	}
	fsys := os.DirFS(dir)
	d, err := openDirectory(fsys)
	if err != nil {
		return nil, "", err
	}
	down, err := openDown(fsys)
	if err != nil {
		return nil, "", err
	}
	files, err := d.toSquash(versions)
	if err != nil {
		return nil, "", err
	}
	file = files[len(files)-1].Version() + "_" + name + ".sql"
	for _, f := range files {
		merged = append(merged, f.Name())
	}
	if dryRun {
		return merged, file, nil
	}
	return merged, file, replace(dir, files, down, file)
}

// toSquash finds the files and checks that they can become one.
func (d *directory) toSquash(versions []string) ([]*atlas.LocalFile, error) {
	if len(versions) < 2 {
		return nil, fmt.Errorf("squash %s: want two or more that are not applied", plural(len(versions), "migration"))
	}
	first := slices.IndexFunc(d.files, func(f *atlas.LocalFile) bool { return f.Version() == versions[0] })
	if first < 0 || first+len(versions) > len(d.files) {
		return nil, noVersion("squash", versions[0])
	}
	files := d.files[first : first+len(versions)]
	for i, f := range files {
		if f.Version() != versions[i] {
			return nil, fmt.Errorf("squash %s: the next file is %s; only files that follow each other can be merged", versions[i], f.Name())
		}
		was, err := transactional(files[0])
		if err != nil {
			return nil, err
		}
		switch is, err := transactional(f); {
		case err != nil:
			return nil, err
		case is != was || f.IsCheckpoint():
			return nil, fmt.Errorf("squash %s with %s: one runs in a transaction and the other does not", files[0].Name(), f.Name())
		}
	}
	return files, nil
}

// replace writes the merged file in the place of the others.
func replace(dir string, files []*atlas.LocalFile, down map[string]*atlas.LocalFile, name string) error {
	text, err := concat(files)
	if err != nil {
		return err
	}
	backs := make([]*atlas.LocalFile, 0, len(files))
	for _, f := range slices.Backward(files) {
		if back := down[f.Version()]; back != nil {
			backs = append(backs, back)
		}
	}
	for _, f := range files {
		if _, err := Remove(dir, f.Version(), false); err != nil {
			return err
		}
	}
	if err := create(filepath.Join(dir, name), text); err != nil {
		return err
	}
	if len(backs) == len(files) {
		if text, err = concat(backs); err != nil {
			return err
		}
		if err := WriteDown(dir, name, []byte(text)); err != nil {
			return err
		}
	}
	return Rehash(dir)
}

// concat joins files of one kind, without a transaction when one of them has none.
func concat(files []*atlas.LocalFile) (string, error) {
	var b strings.Builder
	for _, f := range files {
		tx, err := transactional(f)
		if err != nil {
			return "", err
		}
		if !tx {
			b.WriteString("-- atlas:txmode none\n\n")
			break
		}
	}
	for _, f := range files {
		stmts, err := statements(f)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "-- %s\n", f.Name())
		for _, stmt := range stmts {
			for _, c := range stmt.Comments {
				b.WriteString(strings.TrimRight(c, "\n") + "\n")
			}
			b.WriteString(strings.TrimSpace(stmt.Text) + "\n")
		}
	}
	return b.String(), nil
}

// CheckpointOptions tunes [Checkpoint].
type CheckpointOptions struct {
	Name    string // default "checkpoint"
	Scratch Scratch
	Now     func() time.Time // gives the version; default time.Now
	DryRun  bool
}

// Checkpoint writes a file that stands for all files before it: a new database begins
// with it, an old one skips it. It gives the file's name and text. It holds the schema
// that a replay of dir leads to; where that is not the whole of it, because there are
// rows or things that the planner does not know, it holds the files' statements. Either
// was run and compared with the replay. The atlas command line knows checkpoints from
// version 0.14 on.
func Checkpoint(ctx context.Context, dir string, o CheckpointOptions) (name, text string, err error) {
	d, err := openDirectory(os.DirFS(dir))
	if err != nil {
		return "", "", err
	}
	if len(d.files) == 0 {
		return "", "", fmt.Errorf("write checkpoint: the directory has no migration")
	}
	if o.Name == "" {
		o.Name = "checkpoint"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	version, err := nextVersion(o.Now(), d)
	if err != nil {
		return "", "", err
	}
	name = version + "_" + o.Name + ".sql"
	if !fileName.MatchString(name) {
		return "", "", fmt.Errorf("name checkpoint %q: want lower-case words joined by _", o.Name)
	}
	if text, err = checkpointText(ctx, d, o.Scratch); err != nil || o.DryRun {
		return name, text, err
	}
	if err := create(filepath.Join(dir, name), text); err != nil {
		return "", "", err
	}
	return name, text, writeSum(dir)
}

const checkpointHead = "-- atlas:checkpoint\n"

// checkpointText replays d and finds statements that lead to the same state.
func checkpointText(ctx context.Context, d *directory, scratch Scratch) (text string, err error) {
	var planned, want string
	err = withScratch(ctx, scratch, func(s *session) error {
		if _, err := s.up(ctx, d, UpOptions{}.withDefaults()); err != nil {
			return fmt.Errorf("replay migrations: %w", err)
		}
		if want, err = s.fingerprint(ctx); err != nil {
			return err
		}
		planned, err = s.planCreate(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	files := d.files
	if last := lastCheckpoint(files); last >= 0 {
		files = files[last:]
	}
	copied, err := concat(files)
	if err != nil {
		return "", err
	}
	head, body, _ := strings.Cut(copied, "\n\n")
	if head != "-- atlas:txmode none" {
		head, body = "", copied
	} else {
		head += "\n"
	}
	for _, text := range []string{checkpointHead + "\n" + planned, checkpointHead + head + "\n" + body} {
		got, err := fingerprintOf(ctx, text, scratch)
		if err != nil {
			return "", err
		}
		if got == want {
			return text, nil
		}
	}
	return "", fmt.Errorf("write checkpoint: its statements do not lead to the state that the migrations lead to")
}

// planCreate plans the statements that make the session's schema in an empty database.
func (s *session) planCreate(ctx context.Context) (string, error) {
	state, err := s.inspect(ctx)
	if err != nil {
		return "", err
	}
	changes, err := s.drv.SchemaDiff(aschema.New(state.Name), state)
	if err != nil {
		return "", fmt.Errorf("compare schemas: %w", err)
	}
	plan, err := s.plan(ctx, "checkpoint", changes)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, c := range plan.Changes {
		if c.Comment != "" {
			fmt.Fprintf(&b, "-- %s\n", c.Comment)
		}
		b.WriteString(c.Cmd + ";\n")
	}
	return b.String(), nil
}

// fingerprintOf runs statements in a scratch database; "" when one fails there.
func fingerprintOf(ctx context.Context, text string, scratch Scratch) (got string, err error) {
	err = withScratch(ctx, scratch, func(s *session) error {
		d := &directory{atlas: &atlas.MemDir{}}
		if err := d.atlas.WriteFile("1_try.sql", []byte(text)); err != nil {
			return err
		}
		if err := d.index(); err != nil {
			return err
		}
		if _, err := s.up(ctx, d, UpOptions{}.withDefaults()); err != nil {
			return nil // not a way to make a checkpoint
		}
		got, err = s.fingerprint(ctx)
		return err
	})
	return got, err
}
