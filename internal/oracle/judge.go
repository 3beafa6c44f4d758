package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/entgraph/entgraph/internal/entity"
)

// Case is one operation to judge. A text "@post_01h455..." for a cursor, written or in
// a variable, stands for the cursor of that entity in the list's own ordering, which
// the judge asks the server for.
type Case struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables,omitempty"`
}

// AskFunc sends an operation to the API and returns its response as JSON.
type AskFunc func(query string, variables map[string]any) ([]byte, error)

// Judge compares the answers of an API with those of an evaluator.
type Judge struct {
	*Evaluator
	ask AskFunc
}

// NewJudge makes a judge of the API behind ask.
func NewJudge(e *Evaluator, ask AskFunc) *Judge {
	e.cursors = cursorTable{}
	return &Judge{Evaluator: e, ask: ask}
}

// Difference is an answer that is not what it should be.
type Difference struct {
	// Where names the first place, with both values.
	Where     string
	Got, Want string
	// Refused: the answer has errors.
	Refused bool
}

// Try asks the API and the evaluator; nil when they agree. ErrInvalid is an operation
// that cannot be judged, any other error one of the request itself.
func (j *Judge) Try(c Case) (*Difference, error) {
	p, err := j.prepare(c)
	if err != nil {
		return nil, err
	}
	want, err := j.Answer(p.doc, p.variables)
	if err != nil {
		return nil, err
	}
	body, err := j.ask(p.query, p.variables)
	if err != nil {
		return nil, err
	}
	return j.judge(want, body)
}

// Ask asks the API alone. What stands for a cursor is the one that the API gave when it
// was asked first.
func (j *Judge) Ask(c Case) ([]byte, error) {
	p, err := j.prepare(c)
	if err != nil {
		return nil, err
	}
	return j.ask(p.query, p.variables)
}

// prepared is a case as it is sent.
type prepared struct {
	doc       *ast.QueryDocument
	query     string
	variables map[string]any
}

func (j *Judge) prepare(c Case) (*prepared, error) {
	variables, err := normalized(c.Variables)
	if err != nil {
		return nil, err
	}
	doc, errs := gqlparser.LoadQueryWithRules(j.Schema, c.Query, nil)
	if len(errs) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, errs)
	}
	if len(doc.Operations) != 1 {
		return nil, fmt.Errorf("%w: not one operation", ErrInvalid)
	}
	if err := j.checkVariables(doc, c.Variables); err != nil {
		return nil, err
	}
	query, err := j.resolveCursors(doc, c.Query, variables)
	if err != nil {
		return nil, err
	}
	if err := j.check(doc, variables); err != nil {
		return nil, err
	}
	return &prepared{doc, query, variables}, nil
}

// checkVariables checks a copy, since the validator changes what it is given.
func (j *Judge) checkVariables(doc *ast.QueryDocument, variables map[string]any) error {
	checked, err := normalized(variables)
	if err != nil {
		return err
	}
	if _, err := validator.VariableValues(j.Schema, doc.Operations[0], checked); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// check refuses what the server must refuse, also where no row would show it.
func (j *Judge) check(doc *ast.QueryDocument, variables map[string]any) error {
	ev := j.start(doc, variables)
	for _, f := range fieldsOf(doc) {
		if e := j.listed(f); e != nil {
			ev.page(e, ev.args(f), nil)
		} else if f.Definition.Arguments.ForName("keys") != nil {
			name := strings.TrimSuffix(f.Definition.Type.Name(), "Group")
			ev.groupKeys(j.World.Graph.Entity(name), ev.args(f)["keys"])
		}
	}
	return ev.err
}

func (j *Judge) judge(want Object, body []byte) (*Difference, error) {
	out := &Difference{Got: string(body), Want: render(Object{{"data", want}})}
	response, err := decode(body)
	if err != nil {
		out.Where = err.Error()
		return out, nil
	}
	if object, ok := response.(Object); ok && len(object) > 0 && object[0].Key == "errors" {
		out.Refused, out.Where = true, "errors: "+render(object[0].Value)
		return out, nil
	}
	if out.Where = j.difference("", Object{{"data", want}}, response); out.Where == "" {
		return nil, nil
	}
	return out, nil
}

// normalized copies variables to the form in which JSON would give them.
func normalized(variables map[string]any) (map[string]any, error) {
	text, err := json.Marshal(variables)
	if err != nil {
		return nil, fmt.Errorf("encode the variables: %w", err)
	}
	out := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("decode the variables: %w", err)
	}
	return out, nil
}

// cursorTable knows the cursors of all rows by ordering.
type cursorTable map[string]*cursorsOf

type cursorsOf struct {
	byText map[string]Row
	byID   map[any]string
}

// row finds what a cursor stands for, nil when it is not known.
func (t cursorTable) row(o *ordering, text string) Row {
	if known := t[o.name()]; known != nil {
		return known.byText[text]
	}
	return nil
}

// cursorsOf asks for the cursors of an ordering, once: the whole list by pages.
func (j *Judge) cursorsOf(o *ordering) (*cursorsOf, error) {
	if known := j.cursors[o.name()]; known != nil {
		return known, nil
	}
	known := &cursorsOf{byText: map[string]Row{}, byID: map[any]string{}}
	e := o.entity
	query := fmt.Sprintf(`query($order: [%[1]sOrder!], $where: %[1]sWhereInput, $after: Cursor) {
		list: %[2]s(first: 100, orderBy: $order, where: $where, after: $after) {
		edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`, e.Name, e.Plural)
	where := map[string]any{}
	if o.search != nil {
		where[entity.SearchFilter] = o.search
	}
	for after := any(nil); ; {
		list, err := j.cursorPage(query, map[string]any{"order": o.given, "where": where, "after": after})
		if err != nil {
			return nil, err
		}
		for _, edge := range list.Edges {
			id, err := e.ParseID(edge.Node.ID)
			if err != nil {
				return nil, fmt.Errorf("read the id of a list: %w", err)
			}
			known.byText[edge.Cursor], known.byID[id] = j.World.byID(e, id), edge.Cursor
		}
		if !list.PageInfo.HasNextPage {
			break
		}
		after = list.PageInfo.EndCursor
	}
	j.cursors[o.name()] = known
	return known, nil
}

type cursorPage struct {
	Edges []struct {
		Cursor string
		Node   struct{ ID string }
	}
	PageInfo struct {
		HasNextPage bool
		EndCursor   string
	}
}

func (j *Judge) cursorPage(query string, variables map[string]any) (*cursorPage, error) {
	body, err := j.ask(query, variables)
	if err != nil {
		return nil, err
	}
	var response struct {
		Errors json.RawMessage
		Data   struct{ List cursorPage }
	}
	if err := json.Unmarshal(body, &response); err != nil {
		return nil, fmt.Errorf("ask for cursors: %w", err)
	}
	if response.Errors != nil {
		return nil, fmt.Errorf("ask for cursors: %s", response.Errors)
	}
	return &response.Data.List, nil
}

// checkCursor compares a cursor with that of the same row in the whole list.
func (j *Judge) checkCursor(path string, want cursorOf, got any) string {
	known, err := j.cursorsOf(want.order)
	if err != nil {
		return fmt.Sprintf("%s: %s", path, err)
	}
	if text := known.byID[IDOf(want.order.entity, want.row)]; got != text {
		return fmt.Sprintf("%s: got the cursor %s, want %q of %s", path, render(got), text, render(want))
	}
	return ""
}

// resolveCursors replaces what stands for cursors, in the document and in the
// variables, and returns the text to send.
func (j *Judge) resolveCursors(doc *ast.QueryDocument, query string, variables map[string]any) (string, error) {
	ev, changed := j.start(doc, variables), false
	for _, f := range fieldsOf(doc) {
		e := j.listed(f)
		for _, name := range []string{"after", "before"} {
			arg := f.Arguments.ForName(name)
			if arg == nil || e == nil {
				continue
			}
			v, _ := ev.literal(arg.Value)
			mark, ok := strings.CutPrefix(fmt.Sprint(v), "@")
			if !ok {
				continue
			}
			text, err := j.cursorFor(ev, f, e, mark)
			if err != nil {
				return "", err
			}
			if arg.Value.Kind == ast.Variable {
				variables[arg.Value.Raw] = text
			} else {
				arg.Value.Raw, changed = text, true
			}
		}
	}
	if !changed {
		return query, nil
	}
	return Format(doc), nil
}

func (j *Judge) cursorFor(ev *evaluation, f *ast.Field, e *entity.Entity, mark string) (string, error) {
	id, err := e.ParseID(mark)
	if err != nil {
		return "", fmt.Errorf("%w: @%s: %w", ErrInvalid, mark, err)
	}
	known, err := j.cursorsOf(ev.ordering(e, ev.args(f)))
	if err != nil {
		return "", err
	}
	text, ok := known.byID[id]
	if !ok {
		return "", fmt.Errorf("%w: there is no %s", ErrInvalid, mark)
	}
	return text, nil
}

// listed is the entity of a connection field, nil for another field.
func (e *Evaluator) listed(f *ast.Field) *entity.Entity {
	def := e.Schema.Types[f.Definition.Type.Name()]
	if nodes := def.Fields.ForName("nodes"); nodes != nil {
		return e.World.Graph.Entity(nodes.Type.Name())
	}
	return nil
}

// fieldsOf lists all fields of a document.
func fieldsOf(doc *ast.QueryDocument) []*ast.Field {
	var fields []*ast.Field
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				fields = append(fields, sel)
				walk(sel.SelectionSet)
			case *ast.InlineFragment:
				walk(sel.SelectionSet)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
	return fields
}

// Format writes a document.
func Format(doc *ast.QueryDocument) string {
	var out strings.Builder
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatQueryDocument(doc)
	return out.String()
}
