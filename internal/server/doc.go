// Package server is the HTTP side of the API: it reads GraphQL requests from POST,
// GET, server-sent events and WebSockets, runs them on the schema, and serves health
// checks and the embedded pages.
//
//	<prefix>/graphql   the API
//	/livez             200 while the process runs
//	/readyz            200 when the database answers and its schema fits, else 503
//	/playground, /     the pages of package web
//
// Every answer below the API's path is JSON, and every error in it carries a code in
// extensions.code; the cause of an internal one goes to the log only. Each operation,
// however it came, makes one log line. [Server.Serve] listens until its context ends,
// then lets what is under way finish.
//
// A [Server] may be used by many goroutines at once. The package keeps no state
// outside of it and reads no settings by itself.
package server
