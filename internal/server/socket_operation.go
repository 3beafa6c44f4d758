package server

import (
	"bytes"
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/api"
	"github.com/entgraph/entgraph/internal/request"
)

// socketOperation is an operation that runs on a socket, from subscribe to complete.
type socketOperation struct {
	cancel context.CancelFunc
	// stream is a subscription, which a stop of the server does not wait for.
	stream bool
}

// subscribe starts an operation, which holds the body of its message.
func (k *socket) subscribe(m message, body *load) *websocket.CloseError {
	if !k.isReady() {
		return violation(closeNotInit, "Unauthorized")
	}
	params, bad := k.server.decodeParams(k.ctx, m.Payload)
	if bad != nil && (bad.text || bad.full != nil) && m.ID != "" {
		k.send("error", m.ID, mustMarshal(gqlerror.List{bad.gqlError()})) // other operations need not end for it
		return nil
	}
	if m.ID == "" || bad != nil || params.Query == "" && params.Extensions["persistedQuery"] == nil {
		return violation(closeBadMessage, "Invalid message received")
	}
	params.Headers = k.header
	ctx, cancel := context.WithCancel(request.WithID(k.ctx, newRequestID()))
	op := &socketOperation{cancel: cancel}
	k.mu.Lock()
	_, inUse := k.running[m.ID]
	full, draining := len(k.running) >= k.server.o.MaxSocketOperations, k.draining
	if !inUse && !full && !draining {
		k.running[m.ID] = op
		held := body.move()
		k.operations.Go(func() {
			defer held.release()
			k.run(ctx, m.ID, op, params)
		})
	}
	k.mu.Unlock()
	switch {
	case inUse:
		cancel()
		return violation(closeIDInUse, "Subscriber for this id already exists")
	case full:
		cancel()
		most := k.server.o.MaxSocketOperations
		e := tooMuch(api.CodeLimitExceeded, "MAX_OPERATIONS_PER_SOCKET", int64(most), "at most %d operations run on one connection at a time", most)
		k.send("error", m.ID, mustMarshal(gqlerror.List{e}))
	case draining:
		cancel()
		k.refuse(m.ID, api.CodeUnavailable, stopping)
	}
	return nil
}

func (k *socket) refuse(id, code, message string) {
	k.send("error", id, mustMarshal(gqlerror.List{codedError(code, message)}))
}

// run executes one operation and sends what it gives.
func (k *socket) run(ctx context.Context, id string, op *socketOperation, params *graphql.RawParams) {
	defer op.cancel()
	s := k.server
	defer func() {
		if v := recover(); v != nil {
			k.fail(id, op, gqlerror.List{s.schema.Present(ctx, s.schema.Recover(ctx, v))})
		}
	}()
	ctx = graphql.StartOperationTrace(ctx)
	params.ReadTime = graphql.TraceTiming{Start: graphql.GetStartTime(ctx), End: graphql.Now()}
	ctx = s.withDeadline(ctx)
	oc, errs := s.operation(ctx, params)
	ctx = graphql.WithOperationContext(ctx, oc)
	if len(errs) == 0 {
		if ctx, errs = s.authenticate(ctx, oc); len(errs) == 0 {
			ctx, errs = s.admit(ctx)
		}
	}
	if len(errs) > 0 {
		k.fail(id, op, s.exec.DispatchError(ctx, errs).Errors)
		return
	}
	k.mu.Lock()
	op.stream = oc.Operation.Operation == ast.Subscription
	k.mu.Unlock()
	defer s.delivered(ctx)
	next, ctx := s.exec.DispatchOperation(ctx, oc)
	for resp := next(ctx); resp != nil; resp = next(ctx) {
		if resp.Data == nil {
			k.fail(id, op, resp.Errors)
			return
		}
		if k.owns(id, op) {
			var payload bytes.Buffer
			encode(&payload, resp)
			k.send("next", id, payload.Bytes())
		}
		s.delivered(ctx)
	}
	k.end(id, op, "complete", nil)
}

func (k *socket) fail(id string, op *socketOperation, errs gqlerror.List) {
	k.end(id, op, "error", mustMarshal(errs))
}

// owns tells whether the client still waits for the operation under this id.
func (k *socket) owns(id string, op *socketOperation) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.running[id] == op
}

// end sends the last message of an operation, unless the client has ended it, and
// closes a connection that the server's stop waits for.
func (k *socket) end(id string, op *socketOperation, kind string, payload []byte) {
	k.mu.Lock()
	owned := k.running[id] == op
	if owned {
		delete(k.running, id)
	}
	// A stream that the stop of the server ended is not complete: the client has to
	// learn from the close code that it may connect again.
	silent := op.stream && k.server.draining.Err() != nil
	last := k.draining && !k.busy()
	k.mu.Unlock()
	if owned && !silent {
		k.send(kind, id, payload)
	}
	if last {
		k.close(websocket.StatusGoingAway, stopping)
	}
}

// stop ends an operation that the client no longer wants.
func (k *socket) stop(id string) {
	k.mu.Lock()
	op := k.running[id]
	delete(k.running, id)
	k.mu.Unlock()
	if op != nil {
		op.cancel()
	}
}

// busy tells whether a query or mutation runs. The caller holds mu.
func (k *socket) busy() bool {
	for _, op := range k.running {
		if !op.stream {
			return true
		}
	}
	return false
}
