package planner

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/key"
)

// maxStatements is how many texts a connection knows. A prepared statement takes about
// 80 KB of its backend.
const maxStatements = 128

// statementState says how a text is to be sent.
type statementState uint8

const (
	statementNew   statementState = iota // for the first time: as text
	statementSeen                        // for the second time: prepare it
	statementReady                       // prepared
)

// statements are the prepared statements of one connection, the last used ones. A text
// is prepared when it comes for the second time, so that filters of ever new shapes
// push nothing out that is in use.
type statements struct {
	known *simplelru.LRU[string, *knownStatement]
	next  int
	free  []string // names of statements that were pushed out
}

type knownStatement struct {
	name string
	// description tells what the rows look like, so that Postgres need not say it again
	// with each answer. Nil until the text is prepared.
	description *pgconn.StatementDescription
}

// statementsKey is the place of the statements in the connection's custom data.
const statementsKey = "entgraph statements"

// statementsOf returns the statements of a connection. Like the connection they belong
// to one goroutine at a time.
func statementsOf(conn *pgx.Conn) *statements {
	data := conn.PgConn().CustomData()
	if s, ok := data[statementsKey].(*statements); ok {
		return s
	}
	s := &statements{}
	known, err := simplelru.NewLRU(maxStatements, func(_ string, k *knownStatement) {
		if k.description != nil {
			s.free = append(s.free, k.name)
		}
	})
	if err != nil {
		panic(err) // the size is a positive constant
	}
	s.known = known
	data[statementsKey] = s
	return s
}

// use notes that a text is used and says how to send it.
func (s *statements) use(sql string) (*knownStatement, statementState) {
	k, ok := s.known.Get(sql)
	switch {
	case !ok:
		k = &knownStatement{}
		s.known.Add(sql, k)
		return k, statementNew
	case k.description != nil:
		return k, statementReady
	default:
		// A name of its own: if the last attempt failed, nobody knows whether it is taken.
		s.next++
		k.name = fmt.Sprint("entgraph_", s.next)
		return k, statementSeen
	}
}

// ready notes that a text is prepared.
func (k *knownStatement) ready(d *pgconn.StatementDescription) {
	d.Name = k.name // a pipeline does not know it
	k.description = d
}

// forget lets every text be prepared again.
func (s *statements) forget() { s.known.Purge() }

// staleStatement reports that a prepared statement is not what it was: a migration
// changed its tables, or something between us and Postgres changed the session.
func staleStatement(err error) bool {
	state := postgres.Code(err)
	return state == pgerrcode.FeatureNotSupported || state == pgerrcode.InvalidSQLStatementName
}

// encoder writes arguments in Postgres' binary form.
type encoder struct {
	values [][]byte
}

// encode returns one value for each argument. They are valid until the next call.
func (e *encoder) encode(m *pgtype.Map, oids []uint32, args []any) ([][]byte, error) {
	e.values = e.values[:0]
	for i, arg := range args {
		value, err := encodeArg(m, oids[i], arg)
		if err != nil {
			return nil, fmt.Errorf("encode argument %d: %w", i+1, err)
		}
		e.values = append(e.values, value)
	}
	return e.values, nil
}

// encodeArg writes one argument. Ids are written here: pgx takes them for
// driver.Valuers first and makes an error for each before it finds the right way.
func encodeArg(m *pgtype.Map, oid uint32, arg any) ([]byte, error) {
	switch arg := arg.(type) {
	case key.Key:
		return appendKey(make([]byte, 0, 16), arg, oid)
	case *idList:
		if arg == nil { // of a level whose keys nobody has read: it is only explained
			arg = &idList{typ: keyOfArray(oid)}
		}
		return arg.array(), nil
	case uuid.UUID:
		return arg[:], nil
	case string:
		return []byte(arg), nil
	}
	return m.Encode(oid, pgx.BinaryFormatCode, arg, make([]byte, 0, 16))
}
