// Package document turns the text of a GraphQL request into an operation that may run:
// it parses, bounds, validates and keeps the document, and coerces the variables.
//
// The order is what makes it safe. A document is measured before any rule looks at it,
// in time that is linear in its text, fragments included, so that no rule sees one whose
// fragments multiply. Every rule after that takes time in proportion to what was
// measured; whatever ends the context ends the work.
//
// Values are made the same wherever they stand. The literals of a checked document are
// rewritten to what a variable of their type would give: a single value in the place of
// a list becomes a list, fields of inputs get their defaults, an integer given as ID
// becomes text. Enums are their exact names. Null is refused where the schema says so,
// by literal, variable or default.
//
// A [Set] may be used by many goroutines at once. What it gives is shared: callers must
// not change it.
package document
