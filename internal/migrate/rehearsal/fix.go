package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/folder"
	"github.com/entgraph/entgraph/internal/migrate/rewrite"
	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
)

// FixOptions say what [Fix] changes. Options.Dir is not used.
type FixOptions struct {
	Options
	// Folder is the migration directory on disk.
	Folder string
	// Open makes a directory of a folder. Default [os.DirFS].
	Open     func(folder string) fs.FS
	Settings Settings
	// Applied lists versions that must not be changed.
	Applied []string
	// DryRun writes nothing.
	DryRun bool
}

// Fixes is what [Fix] did.
type Fixes struct {
	Fixed []Finding   `json:"fixed"`
	Left  []Left      `json:"left"`
	Files []FixedFile `json:"files"`
}

// Left is a finding that stays.
type Left struct {
	Finding
	Why string `json:"why"`
}

// FixedFile is a migration that was written.
type FixedFile struct {
	Name string `json:"file"`
	New  bool   `json:"new"`
	SQL  string `json:"sql"`
	Down string `json:"down,omitempty"`
}

// fixPasses bounds how often the outcome is looked at again: what one rewrite leaves may
// have another.
const fixPasses = 4

// Fix rewrites migrations so that what [Lint] finds in them is gone, where the text
// alone allows that. Nothing is written unless a rehearsal of the new files succeeds,
// finds no hazard that was not there before, and ends in the same schema.
func Fix(ctx context.Context, o FixOptions) (_ Fixes, err error) {
	if o.Open == nil {
		o.Open = os.DirFS
	}
	tmp, err := os.MkdirTemp("", "entgraph-fix-")
	if err != nil {
		return Fixes{}, fmt.Errorf("make scratch folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	x := &fixer{FixOptions: o, folder: filepath.Join(tmp, "fixed"), tried: map[string]bool{}, origin: map[string]string{}}
	if err := folder.CopyFolder(x.folder, o.Folder); err != nil {
		return Fixes{}, err
	}
	if err := x.begin(); err != nil {
		return Fixes{}, err
	}
	for range fixPasses {
		again, err := x.pass(ctx)
		if err != nil {
			return Fixes{}, err
		}
		if !again {
			break
		}
	}
	if len(x.changed) > 0 {
		if err := x.compare(ctx, filepath.Join(tmp, "before")); err != nil {
			return Fixes{}, err
		}
	}
	out, err := x.outcome()
	if err != nil || o.DryRun || len(out.Files) == 0 {
		return out, err
	}
	return out, folder.Overwrite(o.Folder, x.changed)
}

// fixer is one run of [Fix].
type fixer struct {
	FixOptions
	folder  string // where the new files are tried
	first   []Finding
	last    []Finding
	why     map[string]string // by key of a finding of the last pass
	tried   map[string]bool   // by key
	changed []folder.Text
	origin  map[string]string // of new files: the one that each was split from
	bare    []string          // files that fail in a transaction
	was, is *state            // after the first and the last rehearsal; nil when it failed
}

// key tells findings apart, over files that become several.
func (x *fixer) key(f Finding) string {
	file := f.File
	for x.origin[file] != "" {
		file = x.origin[file]
	}
	return file + " " + f.Code + " " + f.Object
}

// begin settles from which version on files are looked at, since there will be more.
func (x *fixer) begin() error {
	all, err := folder.Load(x.Open(x.folder))
	if err != nil {
		return err
	}
	n, err := x.Options.first(all)
	if err != nil || len(all) == 0 {
		return err
	}
	x.Since, x.Latest = all[n].Version, 0
	return nil
}

// pass rehearses the files and rewrites them; again says that something was changed.
func (x *fixer) pass(ctx context.Context) (again bool, err error) {
	o := x.Options
	o.Dir = x.Open(x.folder)
	report, failed := Run(ctx, o)
	x.is = report.end
	if x.last, err = Lint(report, x.Settings); err != nil {
		return false, errors.Join(failed, err)
	}
	if x.first == nil {
		x.first, x.was = x.last, report.end
		for _, f := range x.last {
			if f.Code == "LK103" {
				x.bare = append(x.bare, f.File)
			}
		}
	}
	x.why = map[string]string{}
	all, err := folder.Load(o.Dir)
	if err != nil {
		return false, err
	}
	for i := range report.Files {
		n := slices.IndexFunc(all, func(c folder.Contents) bool { return c.Name == report.Files[i].Name })
		texts := x.file(&report.Files[i], all[n])
		if len(texts) == 0 {
			continue
		}
		again, x.is = true, nil
		if err := folder.Overwrite(x.folder, texts); err != nil {
			return false, err
		}
		x.keep(texts)
	}
	if !again {
		return false, failed
	}
	return true, nil
}

// keep notes the newest text of each file.
func (x *fixer) keep(texts []folder.Text) {
	for _, t := range texts {
		x.changed = slices.DeleteFunc(x.changed, func(c folder.Text) bool { return c.Name == t.Name })
		x.changed = append(x.changed, t)
	}
	slices.SortFunc(x.changed, func(a, b folder.Text) int { return strings.Compare(a.Name, b.Name) })
}

// file gives the files that take the place of one, none when it stays.
func (x *fixer) file(f *File, src folder.Contents) []folder.Text {
	hazards, mine := x.hazards(f)
	if len(hazards) == 0 {
		return nil
	}
	out := rewriteFile(src).Rewrite(hazards)
	for i, one := range mine {
		x.why[x.key(one)] = out.Why[i]
	}
	if len(out.Parts) == 0 {
		return nil
	}
	var suffixes []string
	for _, p := range out.Parts[1:] {
		suffixes = append(suffixes, p.Suffix)
	}
	names, refused := folder.SplitNames(x.Open(x.folder), f.Name, suffixes)
	for i, one := range mine {
		if out.Why[i] != "" {
			continue
		}
		if x.tried[f.Name+x.key(one)] = refused == nil; refused != nil {
			x.why[x.key(one)] = refused.Error()
		}
	}
	texts := make([]folder.Text, len(names))
	for i, name := range names {
		if i > 0 {
			x.origin[name] = f.Name
		}
		p := out.Parts[i]
		texts[i] = folder.Text{Name: name, SQL: p.Text}
		if src.Down != nil {
			texts[i].Down = &p.Down
		}
	}
	return texts
}

// hazards lists what is to be rewritten in a file, with the findings that say so.
func (x *fixer) hazards(f *File) (hazards []rewrite.Hazard, mine []Finding) {
	for _, one := range x.last {
		if one.File != f.Name || one.Allowed != "" || !slices.Contains(rewrite.Codes, one.Code) {
			continue
		}
		h := rewrite.Hazard{Code: one.Code, Object: one.Object, Statement: one.statement, Key: f.key(one), Bounds: f.bounds(one), Why: f.unfixable(one)}
		switch {
		case slices.Contains(x.Applied, f.Version):
			x.why[x.key(one)] = "the file is applied and must not be changed"
			continue
		case x.tried[f.Name+x.key(one)]:
			h.Why = "the rewrite did not help"
		}
		hazards, mine = append(hazards, h), append(mine, one)
	}
	return hazards, mine
}

func rewriteFile(c folder.Contents) *rewrite.File {
	f := &rewrite.File{Text: c.Text, Tx: c.Transactional}
	for _, s := range c.Statements {
		f.Statements = append(f.Statements, s.SQL)
	}
	if c.Down != nil {
		f.Down = rewriteFile(*c.Down)
	}
	return f
}

// compare compares the schemas to which the directory leads before and after. What no
// rehearsal has shown is applied.
func (x *fixer) compare(ctx context.Context, before string) (err error) {
	if x.was == nil {
		if x.was, err = x.stateBefore(ctx, before); err != nil {
			return err
		}
	}
	if x.is == nil {
		if x.is, err = x.stateAfter(ctx, x.folder); err != nil {
			return err
		}
	}
	if d := difference(*x.was, *x.is); d != "" {
		return fmt.Errorf("fix migrations: nothing was written: the rewritten files end in another schema:\n%s", d)
	}
	return nil
}

// stateBefore applies the directory as it was, in a copy. A file that needs to run
// outside of a transaction does so.
func (x *fixer) stateBefore(ctx context.Context, dir string) (*state, error) {
	if err := folder.CopyFolder(dir, x.Folder); err != nil {
		return nil, err
	}
	var texts []folder.Text
	for _, name := range slices.Compact(slices.Sorted(slices.Values(x.bare))) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		texts = append(texts, folder.Text{Name: name, SQL: sqlfile.Bare + string(text)})
	}
	if err := folder.Overwrite(dir, texts); err != nil {
		return nil, err
	}
	s, err := x.stateAfter(ctx, dir)
	return s, wrap("apply the migrations as they were", err)
}

func (x *fixer) stateAfter(ctx context.Context, folder string) (_ *state, err error) {
	db, err := openDatabase(ctx, x.Scratch)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.close(ctx)) }()
	if err := db.up(ctx, x.Open(folder), ""); err != nil {
		return nil, err
	}
	s, err := readState(ctx, db)
	return &s, err
}

// outcome sorts what was found, and fails when a rewrite made things worse.
func (x *fixer) outcome() (Fixes, error) {
	out := Fixes{Fixed: []Finding{}, Left: []Left{}, Files: []FixedFile{}}
	has := func(all []Finding, f Finding) bool {
		return slices.ContainsFunc(all, func(g Finding) bool { return x.key(f) == x.key(g) })
	}
	for _, f := range x.last {
		if f.Fails && !has(x.first, f) {
			return Fixes{}, fmt.Errorf("fix migrations: nothing was written: the rewritten files would have a new hazard:\n%s", f)
		}
		if f.Allowed != "" {
			continue
		}
		why := x.why[x.key(f)]
		if why == "" {
			why = "no rewrite of the text alone is safe"
		}
		out.Left = append(out.Left, Left{f, why})
	}
	for _, f := range x.first {
		if f.Allowed == "" && slices.Contains(rewrite.Codes, f.Code) && !has(x.last, f) {
			out.Fixed = append(out.Fixed, f)
		}
	}
	for _, t := range x.changed {
		f := FixedFile{Name: t.Name, SQL: t.SQL}
		_, err := os.Stat(filepath.Join(x.Folder, t.Name))
		f.New = errors.Is(err, fs.ErrNotExist)
		if t.Down != nil {
			f.Down = *t.Down
		}
		out.Files = append(out.Files, f)
	}
	return out, nil
}
