package rewrite

import (
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// schemaOf is what a written name has before its last part: "app." of "app.users".
func schemaOf(path string) string {
	toks, _ := lex(path)
	if len(toks) < 3 {
		return ""
	}
	return path[:toks[len(toks)-1].start]
}

// createIndex is a CREATE INDEX statement taken apart.
type createIndex struct {
	name       string // as stored, "" without one
	table      string // as stored
	schema     string // of table, as written and with a dot, "" without one
	concurrent string // the statement with CONCURRENTLY and a name
}

// parseCreateIndex reads CREATE [UNIQUE] INDEX. The name is used when it has none.
func parseCreateIndex(sql, name string) (c createIndex, ok bool) {
	r, ok := read(sql)
	if !ok || !r.take("CREATE") {
		return c, false
	}
	r.take("UNIQUE")
	if !r.take("INDEX") {
		return c, false
	}
	head := r.text(0, r.pos) + " CONCURRENTLY"
	r.take("CONCURRENTLY")
	from := r.pos
	r.take("IF", "NOT", "EXISTS")
	if exists := r.text(from, r.pos); exists != "" {
		head += " " + exists
	}
	if !r.take("ON") {
		t, ok := r.ident()
		if !ok || !r.take("ON") {
			return c, false
		}
		c.name, head = t.name(), head+" "+t.text
	} else if name == "" {
		return c, false
	} else {
		name = name[strings.LastIndexByte(name, '.')+1:]
		c.name, head = name, head+" "+sqltext.Ident(name)
	}
	after := r.pos
	if r.take("ONLY") {
		return c, false
	}
	path := ""
	if path, c.table, ok = r.path(); !ok {
		return c, false
	}
	c.schema = schemaOf(path)
	c.concurrent = head + " ON " + r.text(after, len(r.toks))
	return c, true
}

// dropIndex is one DROP INDEX for each name.
type dropIndex struct {
	names      []string // as stored, without schema
	concurrent []string
}

func parseDropIndex(sql string) (d dropIndex, ok bool) {
	r, ok := read(sql)
	if !ok || !r.take("DROP", "INDEX") {
		return d, false
	}
	r.take("CONCURRENTLY")
	head := "DROP INDEX CONCURRENTLY "
	if r.take("IF", "EXISTS") {
		head += "IF EXISTS "
	}
	for {
		text, name, ok := r.path()
		if !ok {
			return d, false
		}
		d.names, d.concurrent = append(d.names, name), append(d.concurrent, head+text)
		if !r.take(",") {
			break
		}
	}
	r.take("RESTRICT")
	return d, r.done()
}

// concurrentReindex puts CONCURRENTLY into REINDEX INDEX and REINDEX TABLE.
func concurrentReindex(sql string) (string, bool) {
	r, ok := read(sql)
	if !ok || !r.take("REINDEX") {
		return "", false
	}
	if !r.done() && r.toks[r.pos].text == "(" {
		if _, ok := r.brackets(); !ok {
			return "", false
		}
	}
	if !r.take("INDEX") && !r.take("TABLE") {
		return "", false
	}
	head := r.text(0, r.pos)
	r.take("CONCURRENTLY")
	return head + " CONCURRENTLY " + r.rest(), !r.done()
}
