// Package hostile sends an API what is made to break it: for every argument and every key
// of every input it takes from the schema, values that no honest client sends, alone and in
// pairs, as literals and as variables. Whatever is sent, the answer must be one that the
// documents know, and what was stored must be what was sent.
//
// [Run] is deterministic: the same seed gives the same requests in the same order. Only
// tests import this package.
package hostile
