package rewrite

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entgraph/entgraph/internal/sqltext"
)

// batchRows is how many rows a batch has: few enough that nobody waits for one for long.
const batchRows = 1000

// write is an UPDATE or DELETE of all rows of a table.
type write struct {
	sql   string
	table string // as written, with ONLY
	path  string // as written
	name  string // as stored
	row   string // what the statement calls a row
}

// inBatches turns a statement that writes every row into one that does so in batches by
// the primary key, each a transaction of its own. The batches end with the row that was
// the last one at the beginning: rows that come later were not meant. Broken off, it begins
// again, and so it must be harmless to write a row twice.
func inBatches(sql string, hazards []Hazard) (*change, string) {
	w, r, ok := parseWrite(sql)
	h := hazards[0] // of a partition
	for _, other := range hazards {
		if other.Object[strings.LastIndexByte(other.Object, '.')+1:] == w.name {
			h = other
		}
	}
	switch {
	case !ok || strings.Contains(sql, ";"):
		return nil, "this form of the statement cannot be taken apart safely"
	case len(h.Key) == 0:
		return nil, "the table has no primary key, by which it could be taken apart"
	case !r.done():
		if why := w.notRepeatable(r, h.Key); why != "" {
			return nil, why
		}
	}
	s := step{phase: rows, bare: true, ups: []string{w.batches(h.Key)}}
	return &change{table: w.name, rows: true, reads: sources(sql), later: []step{s}}, ""
}

// parseWrite reads the head of the statement, up to the first assignment of an UPDATE or
// the end of a DELETE.
func parseWrite(sql string) (w write, r *reader, ok bool) {
	r, ok = read(sql)
	update := ok && r.take("UPDATE")
	if !ok || !update && !r.take("DELETE", "FROM") {
		return w, r, false
	}
	from := r.pos
	r.take("ONLY")
	if w.path, w.name, ok = r.path(); !ok {
		return w, r, false
	}
	w.sql, w.table, w.row = r.text(0, len(r.toks)), r.text(from, r.pos), sqltext.Ident(w.name)
	if r.take("AS") || !r.done() && !r.toks[r.pos].is("SET") {
		alias, ok := r.ident()
		if !ok || slices.ContainsFunc([]string{"USING", "WHERE", "RETURNING"}, alias.is) {
			return w, r, false
		}
		w.row = alias.text
	}
	return w, r, update == r.take("SET") && update != r.done()
}

// notRepeatable says why a row must not be written twice, "" when it may be.
func (w write) notRepeatable(r *reader, key []string) string {
	var written []string
	depth, from := 0, r.pos
	for i := r.pos; i < len(r.toks); i++ {
		t := r.toks[i]
		switch {
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			depth--
		case depth == 0 && slices.ContainsFunc([]string{"FROM", "WHERE", "RETURNING"}, t.is):
			return "it is more than an UPDATE of all rows by their own values"
		}
		if begins := i == from || depth == 0 && r.toks[i-1].text == ","; begins {
			if !t.identifier() || i+1 >= len(r.toks) || r.toks[i+1].text != "=" {
				return "this form of the statement cannot be taken apart safely"
			}
			written = append(written, t.name())
		}
	}
	for _, name := range written {
		if slices.Contains(key, name) {
			return "it writes the primary key, by which it would be taken apart"
		}
	}
	return w.changing(r.toks[from:], written)
}

// changing looks for what gives another value the second time.
func (w write) changing(toks []token, written []string) string {
	depth := 0
	for i, t := range toks {
		target := depth == 0 && (i == 0 || toks[i-1].text == ",")
		switch {
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			depth--
		case target:
		case slices.Contains(momentary, strings.ToLower(t.text)):
			return "it depends on " + strings.ToUpper(strings.Trim(t.text, "'")) + ", which would differ from batch to batch"
		case !t.identifier():
		case i+1 < len(toks) && toks[i+1].text == "(":
			if !w.steady(toks, i) {
				return "it calls " + t.text + ", which may give a row a different value the second time"
			}
		case t.name() == w.name && (i+1 == len(toks) || toks[i+1].text != "."):
			return "it reads the table that it writes"
		case slices.Contains(written, t.name()) && w.own(toks, i):
			return "it reads the column " + t.name() + ", which it writes: a row must not be written twice"
		}
	}
	return ""
}

// own says whether a name may be that of a column of the table: it has no other table's
// name before it.
func (w write) own(toks []token, i int) bool {
	if i < 2 || toks[i-1].text != "." {
		return true
	}
	return toks[i-2].name() == w.name || toks[i-2].text == w.row
}

// steady says whether what has brackets behind it is no function, or one that gives the
// same for the same.
func (w write) steady(toks []token, i int) bool {
	if i > 1 && toks[i-1].text == "." && !toks[i-2].is("pg_catalog") {
		return false
	}
	return slices.Contains(steadyNames, strings.ToLower(toks[i].text))
}

var (
	momentary = strings.Fields("default current_timestamp current_date current_time localtime localtimestamp current_user session_user user current_role" +
		" 'now' 'today' 'tomorrow' 'yesterday'")
	steadyNames = strings.Fields("in and or not any all some exists case when then else select from where on join left right full inner lateral as by over row array values between" +
		" coalesce nullif greatest least cast abs ceil ceiling floor round trunc sign mod div power sqrt lower upper initcap trim btrim ltrim rtrim length char_length" +
		" octet_length substr substring replace translate split_part concat concat_ws reverse repeat lpad rpad md5 encode decode format extract date_part date_trunc" +
		" regexp_replace to_char to_date to_number jsonb_build_object jsonb_build_array json_build_object to_jsonb jsonb_set count min max sum avg string_agg array_agg" +
		" numeric decimal varchar char character varying bit time timestamp timestamptz interval float precision")
)

// batches writes the block.
func (w write) batches(key []string) string {
	tag := "$batches$"
	for strings.Contains(w.sql, tag) {
		tag = "$" + strings.Trim(tag, "$") + "_$"
	}
	var declare strings.Builder
	variables := func(name string) string {
		var all []string
		for i := range key {
			all = append(all, "entgraph_"+name+"_"+strconv.Itoa(i+1))
			fmt.Fprintf(&declare, "  %s %s.%s%%TYPE;\n", all[i], w.path, sqltext.Ident(key[i]))
		}
		return strings.Join(all, ", ")
	}
	first, last, stop := variables("first"), variables("last"), variables("stop")
	columns, down, row := columnList("", key, ""), columnList("", key, " DESC"), columnList(w.row+".", key, "")
	between := func(columns, from, to string) string {
		return asRow(columns) + " " + from + " AND " + asRow(columns) + " <= " + to
	}
	return fmt.Sprintf(`DO %[1]s
DECLARE
%[2]sBEGIN
  SELECT %[3]s INTO %[4]s FROM %[5]s ORDER BY %[6]s LIMIT 1;
  SELECT %[3]s INTO %[7]s FROM %[5]s ORDER BY %[3]s LIMIT 1;
  WHILE FOUND LOOP
    SELECT %[3]s INTO %[8]s FROM (SELECT %[3]s FROM %[5]s WHERE %[9]s ORDER BY %[3]s LIMIT %[10]d) AS batch ORDER BY %[6]s LIMIT 1;
    EXIT WHEN NOT FOUND;
    %[11]s
      WHERE %[12]s;
    COMMIT;
    SELECT %[3]s INTO %[7]s FROM %[5]s WHERE %[13]s ORDER BY %[3]s LIMIT 1;
  END LOOP;
END
%[1]s`, tag, declare.String(), columns, stop, w.table, down, first, last,
		between(columns, ">= "+asRow(first), asRow(stop)), batchRows, w.sql,
		between(row, ">= "+asRow(first), asRow(last)), between(columns, "> "+asRow(last), asRow(stop)))
}

func columnList(before string, names []string, after string) string {
	var all []string
	for _, n := range names {
		all = append(all, before+sqltext.Ident(n)+after)
	}
	return strings.Join(all, ", ")
}

// asRow puts a list in brackets, to be compared with another as a whole.
func asRow(list string) string {
	if strings.Contains(list, ", ") {
		return "(" + list + ")"
	}
	return list
}

// sources lists the names of the tables that a statement may read, and more.
func sources(sql string) (names []string) {
	toks, _ := lex(sql)
	for i, t := range toks {
		if i > 0 && t.identifier() && (toks[i-1].text == "." || toks[i-1].text == "," || slices.ContainsFunc([]string{"FROM", "JOIN", "USING", "ONLY"}, toks[i-1].is)) {
			names = append(names, t.name())
		}
	}
	return names
}
