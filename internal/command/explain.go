package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/spf13/cobra"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/entgraph/entgraph/internal/config"
	"github.com/entgraph/entgraph/internal/document"
	"github.com/entgraph/entgraph/internal/executor"
	"github.com/entgraph/entgraph/internal/explain"
	"github.com/entgraph/entgraph/internal/postgres"
	"github.com/entgraph/entgraph/viewer"
)

// explainInput is what the command is called with.
type explainInput struct {
	file, variables, operation string
	as, role                   string
	json, verbose              bool
}

func (a *app) explainCommand() *cobra.Command {
	var in explainInput
	cmd := &cobra.Command{
		Use:   "explain [QUERY | -]",
		Short: "Show what a GraphQL query costs: plan, SQL and buffers",
		Long: `Show what a GraphQL query costs.

It runs the query on the database of DATABASE_URL, or on the private Postgres, and
then each of its SQL statements once more under EXPLAIN (ANALYZE, BUFFERS), with the
same arguments in a read-only transaction. It prints the plan, each statement with its
arguments and costs, the totals, and warnings about what an index could make cheaper.
The access rules are those of the viewer that --as names.`,
		Example: a.explainExample(),
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			params, err := in.params(args, cmd.InOrStdin())
			if err != nil {
				return err
			}
			who, err := in.viewer(a.Ent)
			if err != nil {
				return err
			}
			return work(func(ctx context.Context, _ []string) error {
				return a.explain(viewer.NewContext(ctx, who), in, params)
			})(cmd, args)
		},
	}
	cmd.Flags().StringVarP(&in.file, "file", "f", "", "read the query from a file; - is the standard input")
	cmd.Flags().StringVar(&in.variables, "variables", "", "the variables as a JSON object")
	cmd.Flags().StringVar(&in.operation, "operation", "", "the operation to run, if the query has several")
	cmd.Flags().StringVar(&in.as, "as", "anonymous", "the viewer: anonymous, system (no access rules) or the `id` of "+a.userName())
	cmd.Flags().StringVar(&in.role, "role", "", "the role of that user (default: that of a new one)")
	cmd.Flags().BoolVar(&in.json, "json", false, "print JSON")
	cmd.Flags().BoolVar(&in.verbose, "verbose", false, "print all that EXPLAIN says")
	return cmd
}

// params reads the query. Its errors are those of usage.
func (in *explainInput) params(args []string, stdin io.Reader) (*graphql.RawParams, error) {
	p := &graphql.RawParams{OperationName: in.operation}
	var text []byte
	var err error
	switch {
	case (len(args) == 1) == (in.file != ""):
		return nil, errors.New("give the query as the argument or with --file, one of the two")
	case in.file == "-", len(args) == 1 && args[0] == "-":
		text, err = io.ReadAll(stdin)
	case in.file != "":
		text, err = os.ReadFile(in.file)
	default:
		text = []byte(args[0])
	}
	if err != nil {
		return nil, fmt.Errorf("read the query: %w", err)
	}
	if p.Query = string(text); strings.TrimSpace(p.Query) == "" {
		return nil, errors.New("the query is empty")
	}
	if in.variables != "" {
		d := json.NewDecoder(strings.NewReader(in.variables))
		d.UseNumber()
		if err := d.Decode(&p.Variables); err != nil || d.More() {
			return nil, errors.New("--variables must be one JSON object")
		}
	}
	return p, nil
}

// explainExample is made of an entity that there is.
func (a *app) explainExample() string {
	query := "{ __typename }"
	if len(a.Ent.Entities) > 0 {
		query = fmt.Sprintf("{ %s(first: 5) { nodes { id } } }", a.Ent.Entities[0].Plural)
	}
	return fmt.Sprintf("  %[1]s explain '%[2]s'\n  %[1]s explain -f query.graphql --variables '{\"name\": \"ada\"}' --verbose", a.Name, query)
}

// userName is what the API calls somebody who signs in.
func (a *app) userName() string {
	if a.Ent.Account == nil {
		return "somebody who signs in"
	}
	return "a " + a.Ent.Account.Entity
}

func (a *app) explain(ctx context.Context, in explainInput, params *graphql.RawParams) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return a.withDatabase(ctx, cfg, func(url string) error {
		log := a.logger(cfg)
		db, err := a.open(ctx, cfg, a.serverURL(cfg, url), log)
		if err != nil {
			return err
		}
		defer db.Close()
		if err := a.checkDatabase(ctx, db); err != nil {
			return err
		}
		return a.explainOn(ctx, cfg, db, log, in, params)
	})
}

func (a *app) explainOn(ctx context.Context, cfg config.Config, db *postgres.DB, log *slog.Logger, in explainInput, params *graphql.RawParams) error {
	schema, err := a.schema(ctx, cfg, db, log)
	if err != nil {
		return err
	}
	var recorder explain.Recorder
	documents := document.New(schema.Schema(), documentOptions(cfg))
	errs, err := execute(recorder.Context(ctx), schema, documents, params)
	if err != nil {
		return err
	}
	report, err := recorder.Analyze(ctx, db, explain.Options{Arguments: true, Verbose: in.verbose})
	if err != nil {
		return err
	}
	if len(errs) == 0 || len(report.Statements) > 0 {
		if err := a.printReport(report, in.json); err != nil {
			return fmt.Errorf("print the report: %w", err)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("the query has errors:\n%s", bytes.TrimSpace(indentedJSON(map[string]any{"errors": errs})))
	}
	return nil
}

func (a *app) printReport(r *explain.Report, asJSON bool) error {
	if asJSON {
		_, err := a.stdout.Write(indentedJSON(r))
		return err
	}
	return r.Print(a.stdout)
}

// indentedJSON encodes what is made of strings, numbers, slices and maps only. SQL
// stays readable: its < and > are not escaped.
func indentedJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err) // such a value always encodes
	}
	return b.Bytes()
}

// execute runs a query as the server does and returns the errors that its answer has.
func execute(ctx context.Context, schema *executor.Schema, documents *document.Set, params *graphql.RawParams) (gqlerror.List, error) {
	exec := gqlgen.New(schema)
	exec.SetErrorPresenter(schema.Present)
	exec.SetRecoverFunc(schema.Recover)
	ctx = graphql.StartOperationTrace(ctx)
	now := graphql.Now()
	params.ReadTime = graphql.TraceTiming{Start: now, End: now}
	oc, err := documents.Operation(ctx, params)
	oc.RecoverFunc, oc.DisableIntrospection = schema.Recover, false
	ctx = graphql.WithOperationContext(ctx, oc)
	if list := (gqlerror.List{}); errors.As(err, &list) {
		return exec.DispatchError(ctx, list).Errors, nil
	} else if err != nil {
		return gqlerror.List{schema.Present(ctx, err)}, nil
	}
	switch oc.Operation.Operation {
	case ast.Mutation:
		return nil, errors.New("explain runs what it explains, and a mutation would change data; explain a query that selects what the mutation's payload selects")
	case ast.Subscription:
		return nil, errors.New("a subscription has no end; explain a query that selects the same")
	}
	next, ctx := exec.DispatchOperation(ctx, oc)
	resp := next(ctx)
	if resp == nil {
		return nil, fmt.Errorf("run the query: %w", context.Cause(ctx))
	}
	return resp.Errors, nil
}
