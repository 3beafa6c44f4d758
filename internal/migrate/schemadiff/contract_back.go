package schemadiff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/migrate/sqlfile"
	"github.com/entgraph/entgraph/internal/sqltext"
)

// wayBack plans the way back from a contract: from one column of each two to both. It
// does so while programs of the end go on. Each column that the contract has dropped is
// made under a name that no program uses, kept up to date by a trigger and filled in
// batches, and gets its indexes. Then one short statement gives the two their names, and
// another one what stands on them.
type wayBack struct {
	x     *expander
	w     *way   // goes from the end, Online
	now   *State // where it leads to: both columns
	pairs []restored
	adopt map[Key]string // by key of what the way back leads to: the index that was built for it
	down  []Statement
}

// restored is a column that the contract has dropped, while it is made again.
type restored struct {
	*expansion
	gone, stays string // the two names before the contract
	helper      string // the dropped one's name until it has its own
	column      *Object
}

// bounded are statements that wait for a table; those of unbounded take their time.
var (
	bounded   = statement(sqlfile.SetLockTimeout)
	unbounded = statement(sqlfile.ResetLockTimeout)
)

// planContractBack plans the way back of the contract to the state now and gives it as
// statements that each run by themselves.
func (x *expander) planContractBack(w *way, now *State) ([]Statement, error) {
	w.online = true
	b := &wayBack{x: x, w: w, now: now, adopt: map[Key]string{}}
	for _, f := range []func() error{b.add, b.fill, b.build} {
		if err := f(); err != nil {
			return nil, fmt.Errorf("plan the way back: %w", err)
		}
	}
	swap, indexes := b.swap(), b.renameIndexes()
	if err := w.try(slices.Concat(swap, indexes)...); err != nil {
		return nil, fmt.Errorf("plan the way back: %w", err)
	}
	start, err := w.read()
	if err != nil {
		return nil, err
	}
	for key, name := range b.adopt {
		delete(w.from.Objects, Key{Kind: Index, Schema: key.Schema, Table: key.Table, Name: name})
	}
	w.adopt = b.adopt
	files, _, err := w.plan(start)
	if err != nil {
		return nil, fmt.Errorf("plan the way back: %w", err)
	}
	b.finish(swap, indexes, files)
	return b.down, nil
}

// run runs statements and adds them to the way back.
func (b *wayBack) run(statements ...Statement) error {
	b.down = append(b.down, statements...)
	return b.w.try(statements...)
}

// add makes the columns, with triggers that follow what programs write.
func (b *wayBack) add() error {
	types, err := b.x.lostTypes()
	if err != nil {
		return err
	}
	if err := b.run(append([]Statement{bounded}, types...)...); err != nil {
		return err
	}
	if _, err := b.w.read(); err != nil {
		return err
	}
	for _, e := range b.x.columns {
		r := b.restore(e)
		b.pairs = append(b.pairs, r)
		column := *r.column
		column.Key = r.new.table().column(r.helper)
		statements := []Statement{addColumn(&column), r.follow(), r.createTrigger()}
		if d := r.constant(); d != "" { // not before the trigger: what came between would count as filled
			statements = append(statements, alterColumn(&column, "SET DEFAULT "+d))
		}
		if err := b.run(statements...); err != nil {
			return err
		}
	}
	return nil
}

func (b *wayBack) restore(e *expansion) restored {
	copied := *e
	copied.now = map[string]string{}
	for _, other := range b.x.columns {
		if other.table() == e.table() && other.old.Name != other.new.Name {
			copied.now[other.old.Name] = other.new.Name
		}
	}
	r := restored{expansion: &copied, gone: e.helper, stays: e.old.Name, column: e.column()}
	if e.retype {
		r.gone, r.stays = e.old.Name, e.helper
		old := *e.old
		old.NotNull, old.Default, old.Identity = false, "", ""
		r.column = &old
	}
	if r.helper = r.gone; r.gone == e.new.Name {
		r.helper = sqltext.Cut(r.gone, "_back")
		for b.w.from.Objects[e.new.table().column(r.helper)] != nil || b.now.Objects[e.new.table().column(r.helper)] != nil {
			r.helper = sqltext.Cut(r.helper, "_")
		}
	}
	return r
}

// cast is the value of the dropped column, from a row of the end.
func (r restored) cast(row string) string {
	if !r.retype {
		return row + "." + sqltext.Ident(r.new.Name)
	}
	return r.eval(r.back, row, r.new.Name)
}

// follow makes the trigger's function as it is until there are two columns: programs
// know one of them alone.
func (r restored) follow() Statement {
	return statement(`CREATE FUNCTION ` + r.function() + ` RETURNS trigger LANGUAGE plpgsql SET search_path TO 'public' AS $sync$
#variable_conflict use_column
BEGIN
  NEW.` + sqltext.Ident(r.helper) + ` := ` + r.cast("NEW") + `;
  RETURN NEW;
END
$sync$`)
}

// fill fills the columns in batches, and lets those which must have a value
// require it without a look at the rows under a lock.
func (b *wayBack) fill() error {
	var checks []Statement
	for _, r := range b.pairs {
		if was := b.now.Objects[r.new.table().column(r.gone)]; r.retype && was.NotNull {
			check := sqltext.Ident(sqltext.Cut(r.new.Table+"_"+r.helper, "_not_null"))
			alter := func(action string) Statement { return alterTable(r.table(), action) }
			if err := b.run(alter("ADD CONSTRAINT " + check + " CHECK (" + sqltext.Ident(r.helper) + " IS NOT NULL) NOT VALID")); err != nil {
				return err
			}
			checks = append(checks, alter("VALIDATE CONSTRAINT "+check), alter("ALTER COLUMN "+sqltext.Ident(r.helper)+" SET NOT NULL"), alter("DROP CONSTRAINT "+check))
		}
	}
	if err := b.run(unbounded); err != nil {
		return err
	}
	for _, r := range b.pairs {
		if err := b.run(b.batches(r)); err != nil {
			return err
		}
	}
	if len(checks) == 0 {
		return nil
	}
	return b.run(slices.Concat([]Statement{bounded}, checks, []Statement{unbounded})...)
}

// batches fills a column, with what "migrate down" needs to know before: that this loses
// nothing, and in which rows the dropped column would not say what the other one does.
func (b *wayBack) batches(r restored) Statement {
	alias, value := sqltext.Ident(r.new.Table), r.cast(sqltext.Ident(r.new.Table))
	if was := b.now.Objects[r.new.table().column(r.gone)]; r.retype && r.back != "" && was.NotNull {
		if other, byPlace := b.w.placeholder(was); !byPlace {
			value = "coalesce(" + value + ", " + other + ")"
		}
	}
	second := alias + "." + sqltext.Ident(r.new.Name)
	s := batched(r.new.table(), b.parted(r), fmt.Sprintf("UPDATE %s AS %s SET %s = %s\n    WHERE %[2]s.%[3]s IS NULL AND %[5]s IS NOT NULL",
		r.table(), alias, sqltext.Ident(r.helper), value, second))
	if r.retype {
		again := "(" + r.evalValue(r.using, alias, "("+value+")::"+r.old.Type) + ")::" + r.new.Type
		s = s.losing(r.table(), r.new.Name, second+" IS NOT NULL AND "+differs(second, again))
	}
	return s.Noted(sqlfile.Fills + r.table() + "." + sqltext.Ident(r.helper))
}

func (b *wayBack) parted(r restored) bool {
	return b.now.Objects[r.new.table()].Attr.Partition != ""
}

// build builds the indexes that both columns are to have. What keeps the name of one that
// is there is built under another and adopted later.
func (b *wayBack) build() error {
	done := map[Key]bool{}
	for _, r := range b.pairs {
		if b.parted(r) {
			continue // Postgres builds none concurrently
		}
		var wanted []*Object
		for _, kind := range []Kind{Index, Constraint} {
			for _, o := range b.now.on(r.new.table(), kind) {
				if !done[o.Key] && (kind == Index || uniqueClause.MatchString(o.Def)) && slices.Contains(o.Needs, r.new.table().column(r.gone)) {
					wanted, done[o.Key] = append(wanted, o), true
				}
			}
		}
		defs, err := b.x.rewordOn(b.now, r.new.table(), b.names(r), wanted)
		if err != nil {
			return err
		}
		for i, o := range wanted {
			if defs[i] == "" {
				continue // it is built at the end
			}
			if err := b.run(buildIndex(o, concurrently, b.indexName(o), defs[i])); err != nil {
				return err
			}
		}
	}
	return b.buildCopies()
}

// names gives the columns of a table before the contract their names until the swap.
func (b *wayBack) names(of restored) map[string]string {
	names := map[string]string{}
	for _, r := range b.pairs {
		if r.table() == of.table() {
			names[r.gone], names[r.stays] = r.helper, r.new.Name
		}
	}
	return names
}

// indexName names an index on a dropped column, and notes which one takes its place.
func (b *wayBack) indexName(o *Object) string {
	taken := func(name string) bool {
		for _, s := range []*State{b.w.from, b.now} {
			for k := range s.Objects {
				if k.Kind != Column && k.Kind != Trigger && k.Schema == o.Schema && k.Name == name && (s != b.now || k != o.Key) {
					return true
				}
			}
		}
		return slices.Contains(slices.Collect(maps.Values(b.adopt)), name)
	}
	if o.Kind == Index && !taken(o.Name) {
		return o.Name
	}
	name := sqltext.Cut(o.Name, "_back")
	for taken(name) {
		name = sqltext.Cut(name, "_")
	}
	b.adopt[o.Key] = name
	return name
}

// buildCopies builds the indexes that a unique constraint has taken over.
func (b *wayBack) buildCopies() error {
	for _, c := range b.x.kept() {
		if c.final.Kind != Constraint {
			continue
		}
		m := uniqueClause.FindStringSubmatch(c.final.Def)
		if err := b.run(buildIndex(c.final, concurrently, c.name, m[3]+m[2])); err != nil {
			return err
		}
	}
	return nil
}

// swap gives columns and indexes the names from before the contract, and the trigger its
// function.
func (b *wayBack) swap() (statements []Statement) {
	rename := func(r restored, from, to string) {
		if from != to {
			statements = append(statements, renameColumn(r.table(), from, to))
		}
	}
	var kept rights
	for _, r := range b.pairs {
		kept.copyGrants(r.new.table(), r.new.Name, r.gone)
	}
	keep := kept.statement()
	statements = append(statements, keep...)
	for _, r := range b.pairs {
		rename(r, r.new.Name, r.stays)
	}
	for _, r := range b.pairs {
		rename(r, r.helper, r.gone)
	}
	for _, e := range b.x.columns {
		statements = append(statements, e.follow("CREATE OR REPLACE"))
	}
	if len(keep) > 0 {
		statements = append(statements, restoreRights)
	}
	return statements
}

// renameIndexes gives indexes that both stages have the names from before the contract.
func (b *wayBack) renameIndexes() (statements []Statement) {
	for _, c := range b.x.kept() {
		if c.final.Kind == Index {
			statements = append(statements, renameIndex(c.final.Schema, c.final.Name, c.name))
		}
	}
	return statements
}

// finish adds the swap in one statement, and what the plan has found to come after
// that: what belongs to the same moment in one statement too. The two are apart because
// the second may need the values that the columns are filled with, which the trial of
// "migrate down" leaves out.
func (b *wayBack) finish(swap, indexes []Statement, files []File) {
	waits := func(statements []Statement) { b.down = append(append(b.down, bounded), statements...) }
	if len(files) > 0 && files[0].Part == "values" {
		waits(files[0].Up)
		files = files[1:]
	}
	waits([]Statement{atOnce(swap)})
	if len(files) > 0 && files[0].Part == "" {
		indexes, files = append(indexes, files[0].Up...), files[1:]
	}
	if len(indexes) > 0 {
		b.down = append(b.down, atOnce(indexes))
	}
	for _, f := range files {
		if f.Part == "build" {
			b.down = append(append(b.down, unbounded), noteFills(f.Up)...)
		} else {
			waits(f.Up)
		}
	}
}

// noteFills notes on the plan's own fillings, too, that they lose nothing: they write rows
// that have no value.
func noteFills(statements []Statement) (all []Statement) {
	for _, s := range statements {
		if s.fills != (Key{}) {
			s = s.Noted(sqlfile.Fills + s.fills.ident())
		}
		all = append(all, s)
	}
	return all
}

// atOnce makes one statement of several.
func atOnce(statements []Statement) Statement {
	var block strings.Builder
	for _, s := range statements {
		block.WriteString("  " + cmp.Or(s.inBlock, s.SQL) + ";\n")
	}
	name := "swap"
	for strings.Contains(block.String(), "$"+name+"$") {
		name += "_"
	}
	tag := "$" + name + "$"
	return writing("DO " + tag + "\nBEGIN\n" + block.String() + "END\n" + tag)
}
