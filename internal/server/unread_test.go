package server_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
)

// TestUnreadAnswersOfMany lets several clients each ask for much and not read: what waits is
// bounded in all, and others still get ordinary answers.
func TestUnreadAnswersOfMany(t *testing.T) {
	t.Parallel()
	const most = 8 << 20
	api := apitest.New(t, func(o *apitest.Options) {
		o.Server.MaxUnreadBytes, o.Server.MaxUnreadBytesTotal = 4<<20, most
	})
	longPosts(t, api)
	var aliases strings.Builder
	for i := range 7 { // more than all buffers on the way hold
		fmt.Fprintf(&aliases, "a%d: posts { nodes { body } } ", i)
	}
	text := body(t, "{ "+aliases.String()+" }")
	var conns []net.Conn
	for i := range 5 { // of 7 MB
		signed := &http.Request{Header: http.Header{}}
		api.SignedIn(t, fmt.Sprint("greedy", i), "MEMBER").Sign(signed)
		conn, err := net.Dial("tcp", strings.TrimPrefix(api.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		conns = append(conns, conn)
		if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nCookie: %s\r\nContent-Length: %d\r\n\r\n%s", signed.Header.Get("Cookie"), len(text), text); err != nil {
			t.Fatal(err)
		}
	}
	codes := map[any]int{}
	eventually(t, "five operations", func() bool {
		clear(codes)
		for _, line := range api.Log.Lines("operation") {
			codes[line["code"]]++
		}
		return codes["OK"]+codes["UNAVAILABLE"] >= 5
	})
	if codes["OK"] != 1 { // each is less than the client's own bound lets pass, but not two of them
		t.Errorf("codes %v", codes)
	}
	polite := api.SignedIn(t, "polite", "MEMBER")
	polite.Query(t, countPosts, nil).OK(t)
	answer := polite.Query(t, `{ a: posts { nodes { body } } b: posts { nodes { body } } }`, nil)
	if !slices.Equal(answer.Codes(), []string{"UNAVAILABLE"}) || answer.Errors[0].Extensions["limit"] != "MAX_UNREAD_BYTES_TOTAL" || answer.Header.Get("Retry-After") != "1" {
		t.Errorf("a large answer: %.400s", answer.Body)
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
	eventually(t, "room for a large answer", func() bool {
		return len(polite.Query(t, `{ a: posts { nodes { body } } b: posts { nodes { body } } }`, nil).Errors) == 0
	})
}
