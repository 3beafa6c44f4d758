// Package folder is a migration directory: versioned SQL files with atlas.sum beside them,
// and the ways back in down/ with a sum of their own.
//
// [Open] reads one into memory and refuses what does not fit its sums; [Validate] checks
// all that can be checked without a database. [New], [Remove], [Squash], [Import] and
// [Overwrite] change a directory on disk and renew the sums.
//
// Files and sums are those of the atlas command line tool, which ignores down/. The package
// opens no database: what one has applied it is told.
package folder
