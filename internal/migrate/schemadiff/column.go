package schemadiff

import (
	"fmt"
	"regexp"
	"strings"
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
func (p *planner) backfill(old, c *Object) (string, error) {
	if old != nil && !c.NotNull || !p.required(c) || old != nil && old.NotNull || c.Generate != "" || c.Identity != "" {
		return "", nil
	}
	names := p.names(c.Key)
	for range 2 {
		if v, ok := p.lookup(backfills, flagBackfill, names...); ok {
			return v, nil
		}
		if old == nil && c.Default != "" && !(p.auto && p.unique(c)) {
			return "", nil // that is what they get
		}
		if p.auto {
			value, _ := p.placeholder(c)
			return value, nil
		}
		guess := c.Default
		if guess == "" {
			guess = p.zero(c)
		}
		q := Question{
			Text:    fmt.Sprintf("column %s becomes NOT NULL: what do the rows get that have no value?", names[0]),
			Choices: []string{choice(flagBackfill, names[0], guess)},
		}
		if err := p.question(q); err != nil || p.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// required reports whether a column must have a value, also by its type.
func (p *planner) required(c *Object) bool {
	return c.NotNull || p.requiredByType(c)
}

// requiredByType reports whether the domain of a column, or one below it, takes no null.
func (p *planner) requiredByType(c *Object) bool {
	for d := p.domain(c); d != nil && d.Default == ""; d = p.domain(d) {
		if d.NotNull {
			return true
		}
	}
	return false
}

// domain is the domain that a column's type is, if it is one.
func (p *planner) domain(c *Object) *Object {
	for _, n := range c.Needs {
		if o := p.to.Objects[n]; o != nil && n.Kind == Domain && n.isType(c.Type) {
			return o
		}
	}
	return nil
}

// using decides how a column's values become those of its new type: "" is Postgres'
// own way.
func (p *planner) using(old, c *Object) (string, error) {
	if old.Type == c.Type || old.Generate != "" || c.Generate != "" {
		return "", nil
	}
	names := p.names(c.Key)
	p.lookup(backs, flagBack, names...) // which the way back uses
	for range 2 {
		expr, how := p.cast(old, c)
		if v, ok := p.lookup(usings, flagUsing, names...); ok {
			if v == ident(c.Name) || v == c.Name {
				return "", nil // an assignment, which fails where a value does not fit
			}
			if v != expr {
				return v, p.askBack(old, c, v, names)
			}
			return v, nil
		}
		if how == byItself || p.auto {
			return expr, nil
		}
		q := Question{
			Text:    fmt.Sprintf("column %s changes from %s to %s: how do its values?", names[0], old.Type, c.Type),
			Choices: []string{choice(flagUsing, names[0], expr)},
		}
		if how == loudly {
			q.Text = fmt.Sprintf("column %s changes from %s to %s, which not every value fits in: fail where one does not, or how do its values change?", names[0], old.Type, c.Type)
			q.Choices = narrowings(names[0], c)
		}
		if err := p.question(q); err != nil || p.ask == nil {
			return "", err
		}
	}
	return "", fmt.Errorf("decide about %s: the answer is about something else", names[0])
}

// plainCast is a column with nothing but casts.
var plainCast = regexp.MustCompile(`^\(*(?:"(?:[^"]|"")+"|[\pL_][\pL\pN_$]*)\)*(?:::[\pL\pN_ ."\[\](),]+)*$`)

// askBack asks how values that an expression of somebody's own has made become the old
// ones again: a guess would take "yes" for true and give "true" back.
func (p *planner) askBack(old, c *Object, using string, names []string) error {
	if !p.opt.Down || p.opt.Expand || p.auto || plainCast.MatchString(using) {
		return nil // the second column of an expansion asks by itself
	}
	if _, ok := p.lookup(backs, flagBack, names...); ok {
		return nil
	}
	back, _ := p.cast(c, old)
	if back == "" {
		back = ident(c.Name)
	}
	return p.question(Question{
		Text:    fmt.Sprintf("column %s becomes %s by an expression of yours: how do its values become %s again, on the way back?", names[0], c.Type, old.Type),
		Choices: []string{choice(flagBack, names[0], back)},
	})
}

// computed asks before the values of a column give way to computed ones.
func (p *planner) computed(old, c *Object) error {
	names := p.names(c.Key)
	if old.Generate != "" || c.Generate == "" || p.mayDrop(names...) {
		return nil
	}
	return p.question(Question{
		Text:    fmt.Sprintf("column %s will be computed: drop the values it has?", names[0]),
		Choices: []string{flagDrop + " " + names[0]}, Drops: true,
	})
}

func (p *planner) addColumn(c *Object) error {
	at := p.after(c, main)
	value, err := p.backfill(nil, c)
	if err != nil {
		return err
	}
	switch {
	case value != "" && (constant.MatchString(value) || !c.NotNull || p.requiredByType(c)):
		// Postgres keeps the value beside the table, and writes no row.
		with := *c
		with.Default = value
		p.emit(at, addColumn(&with))
		p.setDefault(c, at)
	case value != "":
		loose := *c
		loose.NotNull, loose.Default = false, ""
		p.emit(at, addColumn(&loose))
		if c.Default != "" {
			p.setDefault(c, at)
		}
		p.fill(c, value, at)
	case p.opt.Online && c.NotNull && volatile.MatchString(c.Default):
		loose := *c
		loose.NotNull, loose.Default = false, ""
		p.emit(at, addColumn(&loose))
		p.emit(at, alterColumn(c, "SET DEFAULT "+c.Default))
		p.fill(c, c.Default, at)
	default:
		p.emit(at, addColumn(c))
	}
	p.columnExtras(nil, c, at)
	p.own(c, at)
	return nil
}

// fill gives rows without a value one, and makes the column NOT NULL.
func (p *planner) fill(c *Object, value string, at phase) {
	table, column := c.onTable(), ident(c.Name)
	if !p.opt.Online {
		if value != "" {
			p.emit(at, writing(fmt.Sprintf("UPDATE %s SET %s = %s WHERE %[2]s IS NULL", table, column, value)))
		}
		p.emit(at, alterColumn(c, "SET NOT NULL"))
		return
	}
	check := ident(cut(c.Table+"_"+c.Name, "_not_null"))
	p.emit(at, alterTable(table, "ADD CONSTRAINT "+check+" CHECK ("+column+" IS NOT NULL) NOT VALID"))
	if value != "" {
		p.fillRows(c, value)
	}
	// Postgres believes a validated check, and does not read the table under its lock.
	p.emit(finish, alterTable(table, "VALIDATE CONSTRAINT "+check))
	p.emit(finish, alterColumn(c, "SET NOT NULL"))
	p.emit(finish, alterTable(table, "DROP CONSTRAINT "+check))
	p.phase[c.Key] = finish
}

func (p *planner) alterColumn(old, c *Object) error {
	at := p.after(c, main)
	had := old.Default
	if p.bare[c.Key] {
		had = ""
	}
	if old.Generate != "" && c.Generate == "" {
		p.emit(at, alterColumn(c, "DROP EXPRESSION"))
		had = ""
	}
	if old.Type != c.Type || old.Collation != c.Collation {
		if had != "" {
			p.emit(at, alterColumn(c, "DROP DEFAULT"))
			had = ""
		}
		if err := p.retype(old, c, at); err != nil {
			return err
		}
	}
	if had != c.Default {
		p.setDefault(c, at)
	}
	if err := p.nullability(old, c, at); err != nil {
		return err
	}
	p.identity(old, c, at)
	p.columnExtras(old, c, at)
	p.own(c, at)
	return nil
}

// setDefault gives a column its default, or takes the one it has.
func (p *planner) setDefault(c *Object, at phase) {
	p.emit(at, alterColumn(c, defaultTo(c.Default)))
}

// defaultTo is the action that gives a column or domain a default, "" for none.
func defaultTo(value string) string {
	if value == "" {
		return "DROP DEFAULT"
	}
	return "SET DEFAULT " + value
}

func (p *planner) retype(old, c *Object, at phase) error {
	expr, err := p.using(old, c)
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
	p.emit(at, alterColumn(c, action))
	return nil
}

func (p *planner) nullability(old, c *Object, at phase) error {
	switch {
	case old.NotNull && !c.NotNull:
		p.emit(at, alterColumn(c, "DROP NOT NULL"))
	case !old.NotNull && c.NotNull && c.Identity != "":
		p.emit(at, alterColumn(c, "SET NOT NULL"))
	case !old.NotNull && c.NotNull:
		value, err := p.backfill(old, c)
		if err != nil {
			return err
		}
		p.fill(c, value, at)
	}
	return nil
}

// identity never restarts the sequence: it goes on after the rows there are.
func (p *planner) identity(old, c *Object, at phase) {
	at = max(at, p.phase[c.Key])
	switch {
	case c.Identity == "":
	case old.Identity == "":
		p.emit(at, alterColumn(c, "ADD"+identityClause(c)))
		p.advance(c, at)
	default:
		if old.Identity != c.Identity {
			p.emit(at, alterColumn(c, "SET GENERATED "+identityWord(c)))
		}
		a := *old.Sequence
		a.Type = c.Sequence.Type // goes with the column's
		if old.Sequence.Type != c.Sequence.Type {
			a.Max = largest(c.Sequence.Type, a.Max, old.Sequence.Type)
		}
		if changes := sequenceChanges(&a, c.Sequence, "SET "); len(changes) > 0 {
			p.emit(at, alterColumn(c, strings.Join(changes, " ")))
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
func (p *planner) columnExtras(old, c *Object, at phase) {
	if old == nil {
		old = &Object{}
	}
	p.targets(old, c, at)
	if old.Storage != c.Storage {
		storage := c.Storage
		if storage == "" {
			storage = c.Of
		}
		word := map[string]string{"p": "PLAIN", "e": "EXTERNAL", "m": "MAIN", "x": "EXTENDED"}[storage]
		p.emit(at, alterColumn(c, "SET STORAGE "+word))
	}
	if old.Compress != c.Compress {
		method := c.Compress
		if method == "" {
			method = "DEFAULT"
		}
		p.emit(at, alterColumn(c, "SET COMPRESSION "+method))
	}
}
