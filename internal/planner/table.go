package planner

// table holds the rows of a statement in Postgres' binary form: all values one after
// another in one buffer.
type table struct {
	columns int
	keys    []int32 // the key of each row
	ends    []int   // where each value ends; the next begins there
	null    []bool
	buf     []byte
}

// len is the number of rows.
func (t *table) len() int { return len(t.keys) }

// size is how many bytes a row takes.
func (t *table) size(values [][]byte) int {
	const row, value = 4, 9 // a key; an end and whether it is NULL
	n := row + value*len(values)
	for _, v := range values {
		n += len(v)
	}
	return n
}

// append adds a row; it copies the values.
func (t *table) append(key int, values [][]byte) {
	if t.buf == nil {
		t.buf = []byte{} // a part of nil, such as an empty text, would be NULL
	}
	t.keys = append(t.keys, int32(key))
	for _, v := range values {
		t.buf = append(t.buf, v...)
		t.ends = append(t.ends, len(t.buf))
		t.null = append(t.null, v == nil)
	}
}

// cell is a value, nil for NULL. It is valid as long as the table.
func (t *table) cell(row, column int) []byte {
	i := row*t.columns + column
	if t.null[i] {
		return nil
	}
	start := 0
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.buf[start:t.ends[i]:t.ends[i]]
}
