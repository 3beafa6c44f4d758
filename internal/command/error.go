package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/migrate"
	"github.com/entgraph/entgraph/internal/migrate/rehearsal"
	"github.com/entgraph/entgraph/internal/migrate/schemadiff"
)

// errorCodes are the codes that machines get for errors with a known reason.
var errorCodes = []struct {
	reason error
	code   string
}{
	{migrate.ErrPending, "PENDING"},
	{migrate.ErrPartial, "PARTIAL"},
	{migrate.ErrNewer, "NEWER"},
	{migrate.ErrDiverged, "DIVERGED"},
	{migrate.ErrEdited, "EDITED"},
	{migrate.ErrOutOfOrder, "OUT_OF_ORDER"},
	{migrate.ErrUnmanaged, "UNMANAGED"},
	{migrate.ErrMissing, "MISSING"},
	{migrate.ErrDiffers, "DIFFERS"},
	{migrate.ErrChecksum, "CHECKSUM"},
	{migrate.ErrDestructive, "DESTRUCTIVE"},
	{migrate.ErrLocked, "LOCKED"},
	{migrate.ErrApplied, "APPLIED"},
	{schemadiff.ErrUndecided, "UNDECIDED"},
}

// errorJSON is an error for machines: one line on the standard error, because the
// standard output may hold an answer already.
type errorJSON struct {
	Error struct {
		// Code is a reason of errorCodes, REHEARSAL, USAGE, or FAILED for any other.
		Code    string `json:"code"`
		Message string `json:"message"`
		// File and Line say where a statement failed, SQLState what Postgres says.
		File     string `json:"file,omitempty"`
		Line     int    `json:"line,omitempty"`
		SQLState string `json:"sqlstate,omitempty"`
	} `json:"error"`
}

// tell writes why cmd failed: as JSON when it was asked for JSON.
func (a *app) tell(stderr io.Writer, cmd *cobra.Command, args []string, err error, code int) {
	if !wantsJSON(cmd, args) {
		text := a.advise(err.Error())
		if cfg, cerr := a.config(); cerr == nil && cmd.Name() != "serve" {
			text += a.orReset(cfg, err)
		}
		fmt.Fprintf(stderr, "%s: %s\n", cmd.Root().Name(), text)
		if code == exitUsage {
			fmt.Fprintf(stderr, "run: %s --help\n", cmd.CommandPath())
		}
		return
	}
	enc := json.NewEncoder(stderr)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(describe(err, code)) // as with text, there is nobody else to tell
}

// orReset says what there is besides for a private database whose history is of other
// migrations, such as those of a project that was in the folder before: "" for all else.
func (a *app) orReset(cfg config.Config, err error) string {
	if !usesPrivate(cfg) || !errors.Is(err, migrate.ErrDiverged) && !errors.Is(err, migrate.ErrNewer) {
		return ""
	}
	return "\n" + a.resetAdvice()
}

func (a *app) resetAdvice() string {
	return "this is the private Postgres of the folder, perhaps of a project that was here before: if nothing in it is to be kept, begin with an empty one: " + a.rebuilt("reset")
}

var advised = regexp.MustCompile(`\brun: (migrate|schema) `)

// advise says of the commands that an error names how they are run here: the packages that
// make errors know of no program.
func (a *app) advise(text string) string {
	return advised.ReplaceAllStringFunc(text, func(found string) string {
		return "run: " + a.rebuilt(strings.TrimPrefix(found, "run: "))
	})
}

// wantsJSON also looks at the arguments: flags that follow a wrong one are not parsed.
func wantsJSON(cmd *cobra.Command, args []string) bool {
	f := cmd.Flags().Lookup("json")
	return f != nil && (f.Value.String() == "true" || !f.Changed && slices.Contains(args, "--json"))
}

func describe(err error, code int) (out errorJSON) {
	e := &out.Error
	e.Message, e.Code = err.Error(), "FAILED"
	if code == exitUsage {
		e.Code = "USAGE"
	}
	var rehearsed *rehearsal.FailureError
	if errors.As(err, &rehearsed) {
		e.Code, e.File, e.Line = "REHEARSAL", rehearsed.File, rehearsed.Line
	}
	var stmt *migrate.StatementError
	if errors.As(err, &stmt) {
		e.File, e.Line = stmt.File, stmt.Line
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		e.SQLState = pg.Code
	}
	for _, known := range errorCodes {
		if errors.Is(err, known.reason) {
			e.Code = known.code
			break
		}
	}
	return out
}
