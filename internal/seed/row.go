package seed

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/brianvoe/gofakeit/v7"
	"github.com/google/uuid"
)

// row is one row while it is made, and where its values come from. Shapes that speak of a
// person speak of the same one.
type row struct {
	*rand.Rand
	fake  *gofakeit.Faker
	i     int
	at    time.Time // when it was made
	until time.Time // no row was made later
	// number is 0, or what makes texts unlike those of other rows after a unique value was
	// taken.
	number      int
	first, last string
	password    string // hash of the demo password
	next        func() int64
	values      map[*column]any
}

// upTo gives a duration in [0, limit), in microseconds as Postgres keeps them.
func (r *row) upTo(limit time.Duration) time.Duration {
	if limit < time.Microsecond {
		return 0
	}
	return time.Duration(r.Int64N(int64(limit/time.Microsecond))) * time.Microsecond
}

// uuid makes a version 7 UUID. Its 12 bits after the version hold the fraction of the
// millisecond, so that ids sort like times down to the microsecond.
// Source: RFC 9562, sections 5.7 and 6.2, method 3.
func (r *row) uuid(at time.Time) uuid.UUID {
	micros := uint64(at.UnixMicro())
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], micros/1000<<16|0x7000|micros%1000*4096/1000)
	binary.BigEndian.PutUint64(id[8:], r.Uint64()>>2|1<<63)
	return id
}

func pick[T any](r *row, values []T) T { return values[r.IntN(len(values))] }

// letters gives n letters of an alphabet.
func (r *row) letters(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

// digits gives a number of n digits.
func (r *row) digits(n int) string {
	return r.letters("123456789", 1) + r.letters("0123456789", n-1)
}

func (r *row) words() []string {
	out := make([]string, 1+r.IntN(3))
	for i := range out {
		out[i] = r.noun()
	}
	return out
}

func (r *row) noun() string      { return strings.ToLower(r.fake.NounConcrete()) }
func (r *row) adjective() string { return strings.ToLower(r.fake.AdjectiveDescriptive()) }

// mark is the row's number after a separator, "" for most rows.
func (r *row) mark(separator string) string {
	if r.number == 0 {
		return ""
	}
	return separator + strconv.Itoa(r.number+1)
}

// thing names something: "quiet harbour".
func (r *row) thing() string { return r.adjective() + " " + r.noun() }

func (r *row) slug() string { return plainWords(r.thing(), "-") + r.mark("-") }

// login is a name to sign in with, of the row's person.
func (r *row) login() string {
	return plainWords(r.first, "") + "_" + plainWords(r.last, "") + r.mark("")
}

// plainWords keeps the letters of a to z and joins what they were divided by.
func plainWords(text, separator string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c < 'a' || c > 'z' }), separator)
}

// capital begins a text with a capital letter.
func capital(s string) string {
	r := []rune(s)
	if len(r) > 0 {
		r[0] = unicode.ToUpper(r[0])
	}
	return string(r)
}

// paragraphs gives a text of so many paragraphs.
func (r *row) paragraphs(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = r.fake.Paragraph()
	}
	return strings.Join(out, "\n\n")
}

// exactly gives a text of so many characters.
func (r *row) exactly(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString(r.fake.Sentence() + " ")
	}
	text := []rune(b.String())[:n]
	if n > 0 && text[n-1] == ' ' { // what is trimmed would be too short
		text[n-1] = '.'
	}
	return string(text)
}

func clock(r *row) string { return fmt.Sprintf("%02d:%02d", r.IntN(24), r.IntN(12)*5) }

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
