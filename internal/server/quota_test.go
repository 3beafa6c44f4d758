package server

import "testing"

func TestQuota(t *testing.T) {
	t.Parallel()
	q := quota{own: bound{"OWN", 100, "%d"}, all: bound{"ALL", 150, "%d"}, least: 10}
	take := func(client string, n int64, want string) {
		t.Helper()
		got := ""
		if e := q.take(client, n); e != nil {
			got, _ = e.Extensions["limit"].(string)
		}
		if got != want {
			t.Errorf("%s takes %d: refused by %q, want %q", client, n, got, want)
		}
	}
	take("a", 120, "") // the first part may pass
	take("a", 1, "OWN")
	take("b", 31, "ALL")
	take("b", 30, "")
	take("c", 11, "ALL")
	take("c", 10, "") // the least
	take("c", 1, "ALL")
	q.force("a", -120)
	take("c", 90, "")
	for client, has := range map[string]int64{"b": 30, "c": 100} {
		q.force(client, -has)
	}
	if q.sum != 0 || len(q.has) != 0 {
		t.Errorf("left: %d, %v", q.sum, q.has)
	}
}
