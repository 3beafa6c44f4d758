package server

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
)

// quota bounds the bytes that clients have of one thing: each of them, and all together.
type quota struct {
	tally
	own, all bound
	// least is what a client may have although all have too much together: a few cannot
	// lock the others out.
	least int64
}

// bound is a limit, and what is said when it is passed.
type bound struct {
	setting string
	most    int64
	says    string // with the limit as %d
}

// take gives a client n more, or says why not. The first part of its own bound may be
// passed by one that has nothing, and that of all by one where nobody has anything.
func (q *quota) take(client string, n int64) *gqlerror.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	had := q.has[client]
	switch {
	case had > 0 && had+n > q.own.most:
		return q.own.passed(api.CodeRateLimited)
	case q.sum > 0 && q.sum+n > q.all.most && had+n > q.least:
		return q.all.passed(api.CodeUnavailable)
	}
	q.put(client, n)
	return nil
}

func (b bound) passed(code string) *gqlerror.Error {
	return tooMuch(code, b.setting, b.most, "%s", fmt.Sprintf(b.says, b.most))
}

// load is what one request has of a quota. It is used by one goroutine at a time.
type load struct {
	quota  *quota
	client string
	has    int64
}

func (l *load) take(n int64) *refusal {
	e := l.quota.take(l.client, n)
	if e == nil {
		l.has += n
		return nil
	}
	return busy(e)
}

// busy refuses what may succeed later.
func busy(e *gqlerror.Error) *refusal {
	status := http.StatusServiceUnavailable
	if e.Extensions["code"] == api.CodeRateLimited {
		status = http.StatusTooManyRequests
	}
	return &refusal{status: status, message: e.Message, full: e}
}

// release gives all back.
func (l *load) release() {
	l.quota.force(l.client, -l.has)
	l.has = 0
}

// move hands all on to another, who releases it.
func (l *load) move() *load {
	moved := *l
	l.has = 0
	return &moved
}

// leastBody holds an ordinary request.
const leastBody = 64 << 10

func newBodies(o Options) quota {
	return quota{
		own:   bound{"MAX_BODY_BYTES_PER_CLIENT", o.MaxBodyBytesPerClient, "more than %d bytes of your requests are under way"},
		all:   bound{"MAX_BODY_BYTES_TOTAL", o.MaxBodyBytesTotal, "the server is busy with more than %d bytes of requests"},
		least: leastBody,
	}
}

// leastUnread holds an ordinary page.
const leastUnread = 256 << 10

func newUnread(o Options) quota {
	return quota{
		own:   bound{"MAX_UNREAD_BYTES", o.MaxUnreadBytes, "more than %d bytes of your answers wait to be read"},
		all:   bound{"MAX_UNREAD_BYTES_TOTAL", o.MaxUnreadBytesTotal, "the server is busy with more than %d bytes of answers"},
		least: leastUnread,
	}
}

// body is for one request of the client of a context.
func (s *Server) body(ctx context.Context) *load {
	return &load{quota: &s.bodies, client: clientOf(ctx)}
}
