package planner_test

import (
	"testing"

	"github.com/entgraph/entgraph/internal/apitest"
	"github.com/entgraph/entgraph/internal/entity"
)

// TestSearchWithoutAccents computes a column as a migration does, and searches it.
func TestSearchWithoutAccents(t *testing.T) {
	t.Parallel()
	api := apitest.New(t)
	s := entity.Search{Column: "search", Config: "english", IgnoreAccents: true, Fields: []entity.SearchField{{Column: "title", Weight: "A"}}}
	exec(t, api, `CREATE TABLE public.places (title text, search tsvector GENERATED ALWAYS AS (`+s.Vector()+`) STORED)`)
	exec(t, api, `INSERT INTO public.places (title) VALUES ('Øresund'), ('Résumés'), ('Straße'), ('Cœur'), ('e`+"\u0301"+`tude'), ('日本語'), ('plain')`)
	for text, want := range map[string]string{
		"oresund": "Øresund", "ØRESUND": "Øresund", "resume": "Résumés", "résumé": "Résumés", "strasse": "Straße", "straße": "Straße", "coeur": "Cœur",
		"étude": "e\u0301tude", "日本語": "日本語", "pläin": "plain", "x": "",
	} {
		var got string
		if err := api.DB.Write.QueryRow(t.Context(), `SELECT coalesce(string_agg(title, ' '), '') FROM public.places WHERE search @@ `+s.Query("$1::text"), text).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q finds %q, want %q", text, got, want)
		}
	}
}
