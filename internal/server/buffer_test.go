package server

import (
	"bytes"
	"testing"
)

func TestLargeBuffersAreNotKept(t *testing.T) {
	t.Parallel()
	for range 100 {
		buf := buffers.Get().(*bytes.Buffer)
		if buf.Len() != 0 || buf.Cap() > maxBuffer {
			t.Fatalf("a buffer with %d bytes and room for %d was kept", buf.Len(), buf.Cap())
		}
		buf.Grow(maxBuffer + 1)
		buf.WriteString("something of another request")
		release(buf)
	}
}
