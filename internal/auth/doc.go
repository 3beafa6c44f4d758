// Package auth finds out who asks: it keeps passwords, sessions and the counts of
// attempts, and turns what a request carries into a [viewer.Viewer].
//
// A session is a random token in a cookie that scripts cannot read. The database holds
// only its hash, so that a stolen copy of the database opens nothing. Each operation
// looks its session up again, with one statement: one that was revoked, has ended, or
// whose user is gone or has another role counts from the next operation on, also on a
// WebSocket that lives on.
//
// Sources: OWASP Session Management, Password Storage and Authentication Cheat Sheets.
package auth
