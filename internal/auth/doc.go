// Package auth finds out who asks: it keeps passwords, sessions, access tokens and the
// counts of attempts, and turns what a request carries into a [viewer.Viewer].
//
// A session is a random token in a cookie that scripts cannot read. The database holds
// only its hash, so that a stolen copy of the database opens nothing. Each operation
// looks its session up again, with one statement: one that was revoked, has ended, or
// whose user is gone or has another role counts from the next operation on, also on a
// WebSocket that lives on.
//
// Guessing is limited by counts in the database, see [Limits]. Only wrong passwords count,
// and a browser that an account has signed in from is known by a second cookie, so that
// strangers who guess do not keep the owner out.
//
// An access token does the same for a program, in the Authorization header or in a
// WebSocket's connection_init, for reading or for writing, until it ends. Those of an
// OpenID [Provider] are verified by its keys; the first one for somebody makes a user.
// A token decides alone: beside it no cookie counts, and no cookie counts in what a page
// of another origin sends.
//
// Sources: OWASP Session Management, Password Storage and Authentication Cheat Sheets, and
// Slow Down Online Guessing Attacks with Device Cookies; NIST SP 800-63B.
package auth
