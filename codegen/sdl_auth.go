package codegen

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/entgraph/entgraph/internal/entity"
	"github.com/entgraph/entgraph/kit"
	"github.com/entgraph/entgraph/rule"
	"github.com/entgraph/entgraph/viewer"
)

// authPackage has the resolvers of signing in, with the Go types of their inputs and payloads.
const authPackage = "github.com/entgraph/entgraph/auth"

// authFile is the SDL of signing in, beside that of the entities.
func authFile(sdl string) string { return filepath.Join(filepath.Dir(sdl), "auth.graphql") }

// writeAuth writes the SDL of signing in; without kit.Account there is no such file.
func (x *extension) writeAuth(m *model) error {
	path := authFile(x.config.SDL)
	old, err := os.ReadFile(path)
	switch {
	case err == nil && !isGenerated(old):
		return fmt.Errorf("%s is written by hand, and has the name of a generated file: rename it", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write the fields of signing in: %w", err)
	}
	if text := m.authSDL(); text != "" {
		return writeFile(path, []byte(text))
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the fields of signing in: %w", err)
	}
	return nil
}

// addAuth gives gqlgen the SDL of signing in, behind that of the entities. Its configuration
// may list it and need not.
func addAuth(cfg *config.Config, sdl string) error {
	path := authFile(sdl)
	same := func(name string) func(*ast.Source) bool {
		return func(s *ast.Source) bool { return filepath.Clean(s.Name) == filepath.Clean(name) }
	}
	cfg.Sources = slices.DeleteFunc(cfg.Sources, same(path))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the fields of signing in: %w", err)
	}
	at := slices.IndexFunc(cfg.Sources, same(sdl)) + 1
	cfg.Sources = slices.Insert(cfg.Sources, at, &ast.Source{Name: filepath.ToSlash(path), Input: string(text)})
	return nil
}

// authFields says which fields of signing in an app has, by what it embeds.
type authFields struct{ signUp, password, signOut, token, link bool }

func (p *parts) authFields() authFields {
	sessions := p.nodes[kit.Sessions] != nil
	return authFields{
		signUp: p.passwords() && !p.noSignUp, password: p.passwords(), signOut: sessions,
		token: p.nodes[kit.AccessTokens] != nil, link: sessions && p.nodes[kit.Identities] != nil,
	}
}

// authSDL is the SDL of signing in, fitted to the account of the app; "" without one.
func (m *model) authSDL() string {
	users := m.parts.nodes[kit.Users]
	if users == nil {
		return ""
	}
	s := &sdl{model: m}
	s.WriteString("# Code generated from ent/schema by ./run.sh generate. DO NOT EDIT.\n# Signing in: package auth answers these fields.\n\n")
	s.line("extend type Query {\n  \"The viewer; null for a client that is not signed in.\"\n  viewer: %s\n}", users.Name)
	has := m.parts.authFields()
	if has == (authFields{}) {
		return s.String()
	}
	s.authMutations(has)
	if has.signUp {
		s.signUpInput()
	}
	if has.password {
		s.passwordInputs()
	}
	if has.signOut {
		s.WriteString(signOutPayload)
	}
	if has.token {
		name := m.parts.nodes[kit.AccessTokens].Name
		fmt.Fprintf(s, tokenTypes, name+pascal("scope"), name)
	}
	if has.link {
		s.line("\ntype LinkIdentityPayload {\n  user: %s\n}", users.Name)
	}
	return s.String()
}

func (s *sdl) authMutations(has authFields) {
	s.line("\nextend type Mutation {")
	for _, f := range []struct {
		there bool
		text  string
	}{
		{has.signUp, "  \"Creates a user and signs in.\"\n  signUp(input: SignUpInput!): SignInPayload!"},
		{has.password, "  \"Starts a session, which a cookie carries from then on, in place of the current one.\"\n  signIn(input: SignInInput!): SignInPayload!"},
		{has.signOut, "  \"Ends this session, or all sessions of the user. Does nothing for a viewer who is not signed in.\"\n  signOut(everywhere: Boolean! = false): SignOutPayload!"},
		{has.password, "  \"Replaces the password of the viewer, and ends all other sessions.\"\n  changePassword(input: ChangePasswordInput!): SignInPayload!"},
		{has.token, createToken},
		{has.link, linkIdentity},
	} {
		if f.there {
			s.line("%s", f.text)
		}
	}
	s.line("}")
}

const createToken = `  """
  Creates an access token, with which a program acts for the viewer: it sends
  Authorization: Bearer and the token. Needs a session: no token creates another.
  """
  createAccessToken(input: CreateAccessTokenInput!): CreateAccessTokenPayload!`

const linkIdentity = `  """
  Lets the viewer sign in with the tokens of the OpenID provider, as the person whom
  this token is for. Needs a session.
  """
  linkIdentity(token: String!): LinkIdentityPayload!`

// signUpInput has what a new user needs: what they sign in with, and every other field and edge
// that is required and has no default.
func (s *sdl) signUpInput() {
	m := s.model
	users := m.parts.nodes[kit.Users]
	own, e := m.byName(users.Name), m.graph.Entity(users.Name)
	s.line("\ninput SignUpInput {")
	for i := range e.Fields {
		if f := &e.Fields[i]; m.asked(f) {
			s.doc("  ", m.signUpDoc(own.fields[i], f))
			s.line("  %s: %s!", f.Name, typeName(f))
		}
	}
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.Required && edge.InInputs() {
			s.doc("  ", own.edges[i].comment)
			s.line("  %s: ID!", edge.Input)
		}
	}
	s.line("  \"At least 8 characters, at most 512 bytes.\"\n  password: String!\n}")
}

// asked reports whether whoever signs up must give a field.
func (m *model) asked(f *entity.Field) bool {
	role := m.parts.fields[kit.Role]
	return !f.Flags.Has(entity.ReadOnly) && !f.Flags.Has(entity.Optional) && f.Type != entity.ID && (role == nil || role.StorageKey() != f.Column)
}

// signUpDoc describes a field to whoever signs up.
func (m *model) signUpDoc(own fieldModel, f *entity.Field) string {
	kits := own.Position.MixedIn // not one that the schema declares itself
	switch {
	case kits && own.Field == m.parts.fields[kit.Username]:
		return "Public name: 3 to 32 characters of a-z, 0-9 and _, beginning with a letter."
	case kits && own.Field == m.parts.fields[kit.Email] && f.Flags.Has(entity.Guarded):
		return "E-mail address; others do not see it."
	case kits && own.Field == m.parts.fields[kit.Email]:
		return "E-mail address."
	}
	return own.comment
}

func (s *sdl) passwordInputs() {
	p := s.model.parts
	name, doc := "username", "The username or e-mail address."
	switch {
	case p.fields[kit.Username] == nil:
		name, doc = "email", "The e-mail address."
	case p.fields[kit.Email] == nil:
		doc = "The username."
	}
	s.line("\ninput SignInInput {\n  %q\n  %s: String!\n  password: String!\n}", doc, name)
	s.line("\ninput ChangePasswordInput {\n  oldPassword: String!\n  \"At least 8 characters, at most 512 bytes.\"\n  newPassword: String!\n}")
	s.line("\ntype SignInPayload {\n  \"The user who is signed in now.\"\n  user: %s\n}", p.nodes[kit.Users].Name)
}

const signOutPayload = `
type SignOutPayload {
  "Whether somebody was signed in."
  signedOut: Boolean!
}
`

const tokenTypes = `
input CreateAccessTokenInput {
  "What it is for: 1 to 100 characters."
  name: String!
  "READ: no mutations. WRITE: everything the user may do."
  scope: %s!
  "When it ends: within a year; by default in 90 days."
  expiresAt: Time
}

type CreateAccessTokenPayload {
  "The token. It is not kept and never shown again."
  token: String!
  accessToken: %s
}
`

// authNames are the types of the SDL of signing in.
var authNames = []string{"SignUpInput", "SignInInput", "ChangePasswordInput", "SignInPayload", "SignOutPayload", "CreateAccessTokenInput", "CreateAccessTokenPayload", "LinkIdentityPayload"}

// checkSignUp refuses what nobody who signs up could give or should be able to.
func (m *model) checkSignUp() error {
	users := m.parts.nodes[kit.Users]
	if users == nil {
		return nil
	}
	var errs []error
	for _, e := range m.graph.Entities() {
		if e.Field == "viewer" {
			errs = append(errs, fmt.Errorf("%s: the root field viewer is the user who asks: rename the entity", e.Name))
		}
	}
	if !m.parts.authFields().signUp {
		return errors.Join(errs...)
	}
	e := m.graph.Entity(users.Name)
	for i := range e.Fields {
		f := &e.Fields[i]
		if _, ruled := e.Rules().Sets[f.Column]; ruled && m.asked(f) {
			errs = append(errs, fmt.Errorf("%s.%s: a new user needs it, and its rule in Sets keeps them from giving it: give it a default, or set NoSignUp of kit.Account", e.Name, f.Name))
		}
		if f.Name == "password" {
			errs = append(errs, fmt.Errorf("%s.%s: signUp takes the password under this name: rename the field", e.Name, f.Name))
		}
	}
	for i := range e.Edges {
		if edge := &e.Edges[i]; edge.Required && edge.InInputs() {
			errs = append(errs, m.checkSignUpEdge(e, edge))
		}
	}
	for _, f := range m.byName(e.Name).node.Fields {
		hidden := e.FieldByColumn(f.StorageKey()) == nil && !f.IsEdgeField()
		if hidden && !f.Optional && !f.Default && !databaseDefault(f) {
			errs = append(errs, fmt.Errorf("%s.%s: a new user needs it, and the API does not show it: give it a default, or set NoSignUp of kit.Account", e.Name, f.Name))
		}
	}
	return errors.Join(errs...)
}

// checkSignUpEdge refuses a required edge that whoever signs up could not be trusted with. The
// program itself makes their row, so that neither the rule in Sets nor that of the neighbour is
// asked: they could join whatever they like, and learn which rows are there.
func (m *model) checkSignUpEdge(e *entity.Entity, edge *entity.Edge) error {
	const advice = "make the edge Optional, or set NoSignUp of kit.Account and make users by the command user create"
	target := m.graph.Entity(edge.Type)
	if _, ruled := e.Rules().Sets[edge.Column]; ruled {
		return fmt.Errorf("%s.%s: a new user needs it, and the rule of %s in Sets keeps them from giving it: %s", e.Name, edge.Name, edge.Column, advice)
	}
	if target.Rules().Read.For(viewer.Viewer{}).Op != rule.OpEveryone {
		return fmt.Errorf("%s.%s: a new user gives its id before they are signed in, and not everybody may read every %s: %s", e.Name, edge.Name, target.Name, advice)
	}
	return nil
}
