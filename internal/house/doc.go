// Package house tests the repository as a whole:
//
//	go test ./internal/house -run TestImports
//
// which way the packages import each other and what each says of itself, what the public packages
// export and what of that programs rely on, that the documents are true, what ./run.sh does, and,
// in a project that a stranger begins from a release, all that the framework promises them.
package house
