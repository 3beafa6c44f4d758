package server

import (
	"context"

	"github.com/entgraph/entgraph/internal/fair"
)

// HoldWork takes all that a client may have of the processors.
func (s *Server) HoldWork(client string) (release func()) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // who has to wait does not
	var ends []func()
	for {
		end, err := s.work.Acquire(fair.WithClient(ctx, client))
		if err != nil {
			return func() {
				for _, end := range ends {
					end()
				}
			}
		}
		ends = append(ends, end)
	}
}
