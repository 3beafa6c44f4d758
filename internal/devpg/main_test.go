package devpg

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

// helperEnv makes the test binary a program that starts a server and waits to be
// killed. Its value is the options as JSON.
const helperEnv = "DEVPG_TEST_HELPER"

// shareEnv makes the test binary a program that uses a shared test server until
// its standard input ends. Its value is a share as JSON.
const shareEnv = "DEVPG_TEST_SHARE"

func TestMain(m *testing.M) {
	// What is built with the race detector sleeps for a second before it exits, as do the
	// many programs that tests start.
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	if spec := os.Getenv(helperEnv); spec != "" {
		os.Exit(helper(spec))
	}
	if spec := os.Getenv(shareEnv); spec != "" {
		os.Exit(shareHelper(spec))
	}
	code := m.Run()
	if err := removeCommon(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// helper starts a server, writes its facts as one line of JSON and waits.
func helper(spec string) int {
	var o Options
	if err := json.Unmarshal([]byte(spec), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := Start(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	pid, err := readPIDFile(s.data)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	json.NewEncoder(os.Stdout).Encode(facts{URL: s.URL(maintenance), PID: pid.pid, Data: s.data, Owner: s.owner != nil})
	waitForEOF()
	if err := s.Stop(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// facts are what a helper says about its server.
type facts struct {
	URL   string
	PID   int
	Data  string
	Owner bool
}

// shareHelper joins a shared test server, writes its facts and waits.
func shareHelper(spec string) int {
	var s share
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tests, err := sharedServer(ctx, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	f := facts{URL: tests.url("")}
	err = withServerFacts(ctx, &f)
	if err == nil {
		err = cloneOnce(ctx, tests, s.Root)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	json.NewEncoder(os.Stdout).Encode(f)
	waitForEOF()
	return 0
}

// waitForEOF waits until the other end closes standard input.
func waitForEOF() {
	var b [1]byte
	for {
		if _, err := os.Stdin.Read(b[:]); err != nil {
			return
		}
	}
}
