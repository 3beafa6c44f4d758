package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// project is one that is measured.
type project struct {
	dir      string
	generate [][]string // commands
	main     string     // package of the program
	entity   string     // file of one entity, in which a field is added before marker
	marker   string
	field    string
	// serve starts the program; what has to be done before is not measured.
	serve func(ctx context.Context, program, address string) (*exec.Cmd, func(), error)
}

// row is one line of the table.
type row struct {
	name, unit string
	value      float64
	wall       time.Duration
}

func (r row) text(wall bool) string {
	text := fmt.Sprintf("%.1f %s", r.value, r.unit)
	if wall && r.wall > 0 {
		text += fmt.Sprintf(" (%.1f)", r.wall.Seconds())
	}
	return text
}

// measure does what a developer does. The package paths are new ones, so that of the project
// itself nothing is in Go's build cache, and of its dependencies everything.
func (p *project) measure(ctx context.Context, o options) ([]row, error) {
	program := filepath.Join(p.dir, "bin", "program")
	build := []string{"go", "build", "-buildvcs=false", "-o", program, p.main}
	again := append([]string{"go", "build", "-buildvcs=false", "-o", program}, strings.Fields(o.build)...)
	again = append(again, p.main)
	var rows []row
	for _, step := range []struct {
		name     string
		before   func() error
		commands [][]string
	}{
		{"generate, the first time", nil, p.generate},
		{"generate, nothing changed", nil, p.generate},
		{"build, the first time", nil, [][]string{build}},
		{"build, the first time with other flags", nil, [][]string{again}},
		{"generate, one field more", p.addField, p.generate},
		{"build, one field more", nil, [][]string{again}},
	} {
		if strings.HasPrefix(step.name, "build") && o.generate || step.name == "build, the first time with other flags" && o.build == "" {
			continue
		}
		if step.before != nil {
			if err := step.before(); err != nil {
				return nil, err
			}
		}
		r := row{name: step.name, unit: "s"}
		for _, command := range step.commands {
			cpu, wall, err := p.timed(ctx, command)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", step.name, err)
			}
			r.value += cpu.Seconds()
			r.wall += wall
		}
		fmt.Fprintf(os.Stderr, "%s %s: %s\n", filepath.Base(p.dir), r.name, r.text(true))
		rows = append(rows, r)
	}
	if !o.generate {
		start, err := p.start(ctx, program)
		if err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
		info, err := os.Stat(program)
		if err != nil {
			return nil, err
		}
		rows = append(rows, start, row{name: "program", unit: "MB", value: float64(info.Size()) / 1e6})
	}
	lines, err := p.lines()
	return append(rows, row{name: "generated lines of Go, in thousands", value: float64(lines) / 1e3}), err
}

// timed runs a command and gives the processor time of it and of all that it ran.
func (p *project) timed(ctx context.Context, command []string) (cpu, wall time.Duration, err error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = p.dir
	begin := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, 0, fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, bytes.TrimSpace(out))
	}
	state := cmd.ProcessState
	return state.UserTime() + state.SystemTime(), time.Since(begin), nil
}

// addField adds a field to one entity.
func (p *project) addField() error {
	text, err := os.ReadFile(p.entity)
	if err != nil {
		return err
	}
	before, after, found := strings.Cut(string(text), p.marker)
	if !found {
		return fmt.Errorf("%s has no %q", p.entity, p.marker)
	}
	return os.WriteFile(p.entity, []byte(before+p.field+p.marker+after), 0o644)
}

// start measures the processor time from the start of the server until it accepts connections.
func (p *project) start(ctx context.Context, program string) (row, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return row{}, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return row{}, err
	}
	cmd, done, err := p.serve(ctx, program, address)
	if err != nil {
		return row{}, err
	}
	defer done()
	var message bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, &message, &message
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return row{}, err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(ended)
	}()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-ended:
			return row{}, fmt.Errorf("the server ended: %s", bytes.TrimSpace(message.Bytes()))
		case <-time.After(5 * time.Millisecond):
		}
	}
	wall := time.Since(begin)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return row{}, err
	}
	<-ended
	state := cmd.ProcessState
	return row{"start and stop", "s", (state.UserTime() + state.SystemTime()).Seconds(), wall}, nil
}

// lines counts those of generated Go files.
func (p *project) lines() (int, error) {
	n := 0
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text[:min(len(text), 512)], []byte("DO NOT EDIT")) {
			n += bytes.Count(text, []byte("\n"))
		}
		return err
	})
	return n, err
}
