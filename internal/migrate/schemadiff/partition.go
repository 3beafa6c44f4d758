package schemadiff

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// ErrOneWay is wrapped by errors about what Postgres does not undo.
var ErrOneWay = errors.New("there is no way back")

var nameInKey = regexp.MustCompile(sqltext.Name)

// checkPartitions refuses what Postgres cannot do to a partitioned table in place.
func (d *disturbance) checkPartitions() error {
	for _, c := range d.from.of(Column) {
		now := d.to.Objects[c.Key]
		if now == nil || !d.partitions(c) {
			continue
		}
		const how = "make a new partitioned table beside it, copy the rows, and rename both in a migration that you write (migrate new)"
		if c.Type != now.Type || c.Collation != now.Collation {
			return fmt.Errorf("change the type of %s: it is in a partition key, which Postgres does not change: %s", c.Key, how)
		}
		for _, n := range c.Needs {
			old, to := d.from.Objects[n], d.to.Objects[n]
			if n.isType(c.Type) && to != nil && !sameDef(old, to) && d.swap(old, to) {
				return fmt.Errorf("take values from %s, or change their order: %s is in a partition key: %w: %s", n, c.Key, ErrOneWay, how)
			}
		}
	}
	return nil
}

// partitions reports whether a column is in the partition key of its table or of a
// partition of that.
func (p *pair) partitions(c *Object) bool {
	return slices.ContainsFunc(p.from.of(Table), func(t *Object) bool {
		if t.Attr.Partition == "" || !p.isHeir(t, c.table()) {
			return false
		}
		return slices.ContainsFunc(nameInKey.FindAllString(t.Attr.Partition, -1), func(name string) bool { return sqltext.Unquote(name) == c.Name })
	})
}

// isHeir reports whether a table is another, or has its columns from that.
func (p *pair) isHeir(t *Object, of Key) bool {
	if t.Key == of {
		return true
	}
	return slices.ContainsFunc(p.from.of(Table), func(parent *Object) bool {
		return slices.Contains(t.Attr.Parents, typeName(parent.Key)) && p.isHeir(parent, of)
	})
}
