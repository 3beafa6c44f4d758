package house_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

var apiAddress = regexp.MustCompile(`(?m)^  API +(http://127\.0\.0\.1:\d+)/graphql$`)

// serve starts the project as its owner does, and looks at what is there.
func (s *stranger) serve(t *testing.T, dir string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "./run.sh")
	cmd.Dir, cmd.Env = dir, s.environ
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	for lines := bufio.NewScanner(stdout); !strings.Contains(seen.String(), "Ctrl-C stops everything."); {
		if !lines.Scan() {
			t.Fatalf("it does not start: %s\n%s", &seen, &stderr)
		}
		seen.WriteString(lines.Text() + "\n")
	}
	found := apiAddress.FindStringSubmatch(seen.String())
	if found == nil {
		t.Fatalf("no address in: %s", &seen)
	}
	s.look(t, found[1])
	cancel()
	_, _ = io.Copy(io.Discard, stdout)
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		t.Errorf("it ends with %v\n%s", err, &stderr)
	}
}

// look asks a server for the sample rows, signs up and in, and opens the playground.
func (s *stranger) look(t *testing.T, base string) {
	t.Helper()
	if got := s.ask(t, base, `{ products { totalCount } }`); !regexp.MustCompile(`"totalCount":[1-9]`).MatchString(got) {
		t.Errorf("there are no sample rows: %s", got)
	}
	for _, step := range [][2]string{
		{`mutation { signUp(input: {email: "ada@example.com", password: "correct horse battery"}) { user { email } } }`, `{"signUp":{"user":{"email":"ada@example.com"}}}`},
		{`mutation { signOut { signedOut } }`, `{"signOut":{"signedOut":true}}`},
		{`{ viewer { email } }`, `{"viewer":null}`},
		{`mutation { signIn(input: {email: "ada@example.com", password: "correct horse battery"}) { user { email } } }`, `{"signIn":{"user":{"email":"ada@example.com"}}}`},
		{`{ viewer { email } }`, `{"viewer":{"email":"ada@example.com"}}`},
	} {
		if got := s.ask(t, base, step[0]); got != `{"data":`+step[1]+`}` {
			t.Errorf("%s: %s", step[0], got)
		}
	}
	page := s.get(t, base+"/playground")
	assets := regexp.MustCompile(`(?:src|href)="\.(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(assets) == 0 {
		t.Errorf("the playground has no script: %.300s", page)
	}
	for _, asset := range assets {
		if s.get(t, base+asset[1]) == "" {
			t.Errorf("%s is empty", asset[1])
		}
	}
}

func (s *stranger) get(t *testing.T, url string) string {
	t.Helper()
	resp, err := s.client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %.300s", url, resp.Status, err, text)
	}
	return string(text)
}

func (s *stranger) ask(t *testing.T, base, query string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Post(base+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
