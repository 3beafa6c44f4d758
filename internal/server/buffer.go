package server

import (
	"bytes"
	"sync"
)

// buffers hold the body of a request or of an answer while it is read or written.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxBuffer bounds a buffer that is kept, in bytes: a full page fits, and the few large
// answers do not make all buffers large.
const maxBuffer = 256 << 10

func release(buf *bytes.Buffer) {
	if buf.Cap() <= maxBuffer {
		buf.Reset()
		buffers.Put(buf)
	}
}
