package schemadiff

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// columnClause is what follows a column's name where it is made.
func columnClause(c *Object) string {
	sql := c.Type
	if c.Collation != "" {
		sql += " COLLATE " + c.Collation
	}
	switch {
	case c.Generate != "":
		sql += " GENERATED ALWAYS AS (" + c.Default + ")" + map[string]string{"s": " STORED", "v": " VIRTUAL"}[c.Generate]
	case c.Default != "":
		sql += " DEFAULT " + c.Default
	}
	if c.NotNull {
		sql += " NOT NULL"
	}
	return sql + identityClause(c)
}

func identityClause(c *Object) string {
	if c.Identity == "" {
		return ""
	}
	s := c.Sequence
	return " GENERATED " + identityWord(c) + " AS IDENTITY (SEQUENCE NAME " + qualified(s.Schema, s.Name) + sequenceOptions(s) + ")"
}

func identityWord(c *Object) string {
	if c.Identity == "a" {
		return "ALWAYS"
	}
	return "BY DEFAULT"
}

// constant is for expressions of which Postgres keeps one value for all rows there are.
var constant = regexp.MustCompile(`(?i)^\(?(-?[0-9.]+|E?'(?:[^']|'')*'|true|false|ARRAY\[\]|now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE)\)?(::[\w "().,\[\]]+)?$`)

// volatile is for defaults that differ from row to row, which rewrite the table.
var volatile = regexp.MustCompile(`(?i)(uuid\w*|random|clock_timestamp|timeofday)\s*\(`)

// backfill decides what rows there are get in a column that becomes NOT NULL, "" for
// nothing.
func (w *way) backfill(old, c *Object) (string, error) {
	if old != nil && !c.NotNull || !w.required(c) || old != nil && old.NotNull || c.Generate != "" || c.Identity != "" {
		return "", nil
	}
	names := w.names(c.Key)
	for range 2 {
		if v, ok := w.lookup(backfills, flagBackfill, names...); ok {
			return v, nil
		}
		if old == nil && c.Default != "" && !(w.auto && w.unique(c)) {
			return "", nil // that is what they get
		}
		if w.auto {
			value, _ := w.placeholder(c)
			return value, nil
		}
		q := w.askBackfill(old, c, names)
		if err := w.question(q); err != nil || w.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// askBackfill asks for the value, and proposes one unless it is likely to be refused.
func (w *way) askBackfill(old, c *Object, names []string) Question {
	q := Question{Text: fmt.Sprintf("column %s becomes NOT NULL: which value do rows without one get?", names[0]), Value: flagBackfill + " " + names[0] + "="}
	if old == nil {
		q.Text = fmt.Sprintf("the new column %s is NOT NULL: which value do the rows there are get?", names[0])
	}
	guess, why := w.offer(c, names)
	if guess == "" {
		q.Text += " (" + why + ")"
		return q
	}
	q.Choices = []string{choice(flagBackfill, names[0], guess)}
	return q
}

// offer is the value to propose for rows that have none, or why there is none to propose.
func (w *way) offer(c *Object, names []string) (value, why string) {
	offer, known := "", false
	for _, name := range names {
		if offer, known = w.hints.Offer[name]; known {
			break
		}
	}
	refers := func(k *Object) bool { return k.Shape == "f" && slices.Contains(k.Columns, c.Name) }
	switch {
	case c.Default != "":
		return c.Default, ""
	case slices.ContainsFunc(w.to.on(c.table(), Constraint), refers):
		return "", "it refers to a row, so none is proposed: an expression that finds it for each row is SQL too"
	case known && offer == "":
		return "", "none is proposed, because the field has validators, which may refuse it"
	case !known:
		offer = w.fitting(c, w.zero(c))
	}
	if w.uniqueAlone(c) && !volatile.MatchString(offer) {
		return "", "it is unique, so none is proposed: an expression that differs from row to row is SQL too"
	}
	return offer, ""
}

// required reports whether a column must have a value, also by its type.
func (p *pair) required(c *Object) bool {
	return c.NotNull || p.requiredByType(c)
}

// requiredByType reports whether the domain of a column, or one below it, takes no null.
func (p *pair) requiredByType(c *Object) bool {
	for d := p.domain(c); d != nil && d.Default == ""; d = p.domain(d) {
		if d.NotNull {
			return true
		}
	}
	return false
}

// domain is the domain that a column's type is, if it is one.
func (p *pair) domain(c *Object) *Object {
	for _, n := range c.Needs {
		if o := p.to.Objects[n]; o != nil && n.Kind == Domain && n.isType(c.Type) {
			return o
		}
	}
	return nil
}

// using decides how a column's values become those of its new type: "" is Postgres'
// own way.
func (w *way) using(old, c *Object) (string, error) {
	if old.Type == c.Type || old.Generate != "" || c.Generate != "" {
		return "", nil
	}
	names := w.names(c.Key)
	w.lookup(backs, flagBack, names...) // which the way back uses
	for range 2 {
		expr, how := w.cast(old, c)
		if v, ok := w.lookup(usings, flagUsing, names...); ok {
			if v == sqltext.Ident(c.Name) || v == c.Name {
				return "", nil // an assignment, which fails where a value does not fit
			}
			if v != expr {
				return v, w.askBack(old, c, v, names)
			}
			return v, nil
		}
		values := w.enumerated(old, c)
		if how == byItself && len(values) == 0 || w.auto {
			return expr, nil
		}
		q := Question{
			Text:    fmt.Sprintf("column %s changes from %s to %s: how are its values converted?", names[0], old.Type, c.Type),
			Choices: []string{choice(flagUsing, names[0], expr)},
		}
		if how == loudly {
			q.Text = fmt.Sprintf("column %s changes from %s to %s, which cannot hold every value: fail where one does not fit, or how are its values converted?", names[0], old.Type, c.Type)
			q.Choices = narrowings(names[0], c)
		}
		if len(values) > 0 {
			q.Text = fmt.Sprintf("column %s changes from %s to one of %s: how are its values converted?", names[0], old.Type, strings.Join(values, ", "))
			q.Choices = outOf(names[0], c, values)
		}
		if err := w.question(q); err != nil || w.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// enumerated gives the values that a program takes from a column, when those that it has may be
// others; nil when they are not, or all are taken.
func (w *way) enumerated(old, c *Object) []string {
	values := w.hints.Enums[c.Key.String()]
	if isText(old.Type) || !isText(c.Type) { // Postgres knows nothing of it, or refuses others
		return nil
	}
	if e := w.enum(old, old.Type); e != nil && !slices.ContainsFunc(e.Labels, func(l string) bool { return !slices.Contains(values, l) }) {
		return nil
	}
	return values
}

// outOf are the answers for a column whose values become some of a few: to give up others, or to
// fail where a column needs a value, and to keep what the program cannot read.
func outOf(name string, c *Object, values []string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = sqltext.Literal(v)
	}
	text := sqltext.Ident(c.Name) + "::text"
	return []string{
		choice(flagUsing, name, fmt.Sprintf("CASE WHEN %s IN (%s) THEN %[1]s END", text, strings.Join(list, ", "))),
		choice(flagUsing, name, text),
	}
}

// plainCast is a column with nothing but casts.
var plainCast = regexp.MustCompile(`^\(*(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)\)*(?:::[\pL\pN_ ."\[\](),]+)*$`)

// askBack asks how values that a handwritten expression has made become the old
// ones again: a guess would take "yes" for true and give "true" back.
func (w *way) askBack(old, c *Object, using string, names []string) error {
	if !w.opt.Down || w.opt.Expand || w.auto || plainCast.MatchString(using) {
		return nil // the second column of an expansion asks by itself
	}
	if _, ok := w.lookup(backs, flagBack, names...); ok {
		return nil
	}
	back, _ := w.cast(c, old)
	if back == "" {
		back = sqltext.Ident(c.Name)
	}
	return w.question(Question{
		Text:    fmt.Sprintf("column %s becomes %s by an expression of yours: how does the way back convert its values to %s again?", names[0], c.Type, old.Type),
		Choices: []string{choice(flagBack, names[0], back)},
	})
}

// computed asks before the values of a column give way to computed ones.
func (w *way) computed(old, c *Object) error {
	names := w.names(c.Key)
	if old.Generate != "" || c.Generate == "" || w.mayDrop(names...) {
		return nil
	}
	return w.question(Question{
		Text:    fmt.Sprintf("column %s will be computed: drop the values it has?", names[0]),
		Choices: []string{flagDrop + " " + names[0]}, Drops: true, gone: names[0],
	})
}

func (w *way) addColumn(c *Object) error {
	at := w.after(c, main)
	value, err := w.backfill(nil, c)
	if err != nil {
		return err
	}
	switch {
	case value != "" && (constant.MatchString(value) || !c.NotNull || w.requiredByType(c)):
		// Postgres keeps the value beside the table, and writes no row.
		with := *c
		with.Default = value
		w.emit(at, addColumn(&with))
		w.setDefault(c, at)
	case value != "":
		loose := *c
		loose.NotNull, loose.Default = false, ""
		w.emit(at, addColumn(&loose))
		if c.Default != "" {
			w.setDefault(c, at)
		}
		w.fill(c, value, at)
	case w.online && c.NotNull && volatile.MatchString(c.Default):
		loose := *c
		loose.NotNull, loose.Default = false, ""
		w.emit(at, addColumn(&loose))
		w.emit(at, alterColumn(c, "SET DEFAULT "+c.Default))
		w.fill(c, c.Default, at)
	default:
		w.emit(at, addColumn(c))
	}
	w.columnExtras(nil, c, at)
	w.own(c, at)
	return nil
}

// fill gives rows without a value one, and makes the column NOT NULL.
func (w *way) fill(c *Object, value string, at phase) {
	table, column := c.onTable(), sqltext.Ident(c.Name)
	if !w.online {
		if value != "" {
			w.emit(at, writing(fmt.Sprintf("UPDATE %s SET %s = %s WHERE %[2]s IS NULL", table, column, value)))
		}
		w.emit(at, alterColumn(c, "SET NOT NULL"))
		return
	}
	check := sqltext.Ident(sqltext.Cut(c.Table+"_"+c.Name, "_not_null"))
	w.emit(at, alterTable(table, "ADD CONSTRAINT "+check+" CHECK ("+column+" IS NOT NULL) NOT VALID"))
	if value != "" {
		w.fillRows(c, value)
	}
	// Postgres believes a validated check, and does not read the table under its lock.
	w.emit(finish, alterTable(table, "VALIDATE CONSTRAINT "+check))
	w.emit(finish, alterColumn(c, "SET NOT NULL"))
	w.emit(finish, alterTable(table, "DROP CONSTRAINT "+check))
	w.phase[c.Key] = finish
}

func (w *way) alterColumn(old, c *Object) error {
	at := w.after(c, main)
	had := old.Default
	if w.bare[c.Key] {
		had = ""
	}
	if old.Generate != "" && c.Generate == "" {
		w.emit(at, alterColumn(c, "DROP EXPRESSION"))
		had = ""
	}
	if old.Type != c.Type || old.Collation != c.Collation {
		if had != "" {
			w.emit(at, alterColumn(c, "DROP DEFAULT"))
			had = ""
		}
		if err := w.retype(old, c, at); err != nil {
			return err
		}
	}
	if had != c.Default {
		w.setDefault(c, at)
	}
	if err := w.nullability(old, c, at); err != nil {
		return err
	}
	w.identity(old, c, at)
	w.columnExtras(old, c, at)
	w.own(c, at)
	return nil
}

// setDefault gives a column its default, or takes the one it has.
func (w *way) setDefault(c *Object, at phase) {
	w.emit(at, alterColumn(c, defaultTo(c.Default)))
}

// defaultTo is the action that gives a column or domain a default, "" for none.
func defaultTo(value string) string {
	if value == "" {
		return "DROP DEFAULT"
	}
	return "SET DEFAULT " + value
}

func (w *way) retype(old, c *Object, at phase) error {
	expr, err := w.using(old, c)
	if err != nil {
		return err
	}
	action := "TYPE " + c.Type
	if c.Collation != "" {
		action += " COLLATE " + c.Collation
	}
	if expr != "" {
		action += " USING " + expr
	}
	w.emit(at, alterColumn(c, action))
	return nil
}

func (w *way) nullability(old, c *Object, at phase) error {
	switch {
	case old.NotNull && !c.NotNull:
		w.emit(at, alterColumn(c, "DROP NOT NULL"))
	case !old.NotNull && c.NotNull && c.Identity != "":
		w.emit(at, alterColumn(c, "SET NOT NULL"))
	case !old.NotNull && c.NotNull:
		value, err := w.backfill(old, c)
		if err != nil {
			return err
		}
		w.fill(c, value, at)
	}
	return nil
}

// identity never restarts the sequence: it goes on after the rows there are.
func (w *way) identity(old, c *Object, at phase) {
	at = max(at, w.phase[c.Key])
	switch {
	case c.Identity == "":
	case old.Identity == "":
		w.emit(at, alterColumn(c, "ADD"+identityClause(c)))
		w.advance(c, at)
	default:
		if old.Identity != c.Identity {
			w.emit(at, alterColumn(c, "SET GENERATED "+identityWord(c)))
		}
		a := *old.Sequence
		a.Type = c.Sequence.Type // goes with the column's
		if old.Sequence.Type != c.Sequence.Type {
			a.Max = largest(c.Sequence.Type, a.Max, old.Sequence.Type)
		}
		if changes := sequenceChanges(&a, c.Sequence, "SET "); len(changes) > 0 {
			w.emit(at, alterColumn(c, strings.Join(changes, " ")))
		}
	}
}

// largest is the maximum of a sequence after its type has changed: one that was the
// type's own follows.
func largest(to string, was int64, from string) int64 {
	limit := map[string]int64{"smallint": 1<<15 - 1, "integer": 1<<31 - 1, "bigint": 1<<63 - 1}
	if was == limit[from] {
		return limit[to]
	}
	return was
}

// columnExtras sets how a column is stored. Old is nil for a new one.
func (w *way) columnExtras(old, c *Object, at phase) {
	if old == nil {
		old = &Object{}
	}
	w.targets(old, c, at)
	if old.Storage != c.Storage {
		storage := c.Storage
		if storage == "" {
			storage = c.Of
		}
		word := map[string]string{"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}[storage]
		w.emit(at, alterColumn(c, "SET STORAGE "+word))
	}
	if old.Compress != c.Compress {
		method := c.Compress
		if method == "" {
			method = "DEFAULT"
		}
		w.emit(at, alterColumn(c, "SET COMPRESSION "+method))
	}
}
