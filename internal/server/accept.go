package server

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// The content types of answers.
const (
	typeJSON    = "application/json"
	typeGraphQL = "application/graphql-response+json"
	typeStream  = "text/event-stream"
)

// accepted is what the client takes.
type accepted struct {
	// best is the preferred type, "" when none of ours is accepted.
	best string
	// stream tells that events are accepted at all.
	stream bool
}

// errorType is the type of an answer that is no stream.
func (a accepted) errorType() string {
	if a.best == typeGraphQL {
		return typeGraphQL
	}
	return typeJSON
}

// negotiate reads the Accept header. Equal weights are decided in the order of the
// types below; a wildcard or no header at all means plain JSON. Source: RFC 9110,
// section 12.5.1, and GraphQL over HTTP, section 5.
func negotiate(h http.Header) accepted {
	values := h["Accept"]
	if len(values) == 1 && values[0] == typeJSON { // what most clients send
		return accepted{best: typeJSON}
	}
	header := strings.Join(values, ",")
	if strings.TrimSpace(header) == "" {
		return accepted{best: typeJSON}
	}
	weights := parseAccept(header)
	var a accepted
	top := 0.0
	for _, candidate := range []string{typeGraphQL, typeJSON, typeStream} {
		w := weights[candidate]
		if _, named := weights[candidate]; !named && candidate == typeJSON {
			w = max(weights["application/*"], weights["*/*"])
			if sub, ok := weights["application/*"]; ok {
				w = sub
			}
		}
		if w > top {
			a.best, top = candidate, w
		}
	}
	a.stream = weights[typeStream] > 0
	return a
}

// parseAccept gives the weight of each media range of the header.
func parseAccept(header string) map[string]float64 {
	weights := map[string]float64{}
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		weights[media] = max(weights[media], q)
	}
	return weights
}
