package command

import "github.com/spf13/cobra"

// MigrationDir is the migration directory below the root of a project.
const MigrationDir = migrationDir

// NewRoot is the command line of a program.
func NewRoot(p Program) (*cobra.Command, error) { return newRoot(&app{Program: p}) }
