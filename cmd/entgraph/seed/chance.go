package seed

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// chance makes random choices that are the same in every run.
type chance struct{ *rand.Rand }

// newChance gives an independent sequence for each purpose, so that a change of one
// table leaves the others as they are.
func newChance(purpose uint64) chance { return chance{rand.New(rand.NewPCG(2026, purpose))} }

// upTo gives a duration in [0, limit), in microseconds as Postgres keeps them.
func (c chance) upTo(limit time.Duration) time.Duration {
	return time.Duration(c.Int64N(int64(limit/time.Microsecond))) * time.Microsecond
}

// low gives a number in [0, n) and prefers low ones: half of the choices fall into the
// first quarter.
func (c chance) low(n int) int {
	u := c.Float64()
	return int(u * u * float64(n))
}

// made gives a row created at that time and not changed since.
func (c chance) made(at time.Time) base { return base{c.id(at), at, at} }

// id makes a version 7 UUID. Its 12 bits after the version hold the fraction of the
// millisecond, so that ids sort like times down to the microsecond.
// Source: RFC 9562, sections 5.7 and 6.2, method 3.
func (c chance) id(at time.Time) uuid.UUID {
	micros := uint64(at.UnixMicro())
	fraction := micros % 1000 * 4096 / 1000
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], micros/1000<<16|0x7000|fraction)
	binary.BigEndian.PutUint64(id[8:], c.Uint64()>>2|1<<63)
	return id
}

// pick gives one of the values.
func pick[T any](c chance, values []T) T { return values[c.IntN(len(values))] }

// deck gives values in random order, without repeating one before all were given.
type deck struct {
	chance chance
	values []string
	order  []int
}

func newDeck(c chance, values []string) *deck { return &deck{chance: c, values: values} }

func (d *deck) draw() string {
	if len(d.order) == 0 {
		d.order = d.chance.Perm(len(d.values))
	}
	value := d.values[d.order[0]]
	d.order = d.order[1:]
	return value
}
