package codegen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// attempt runs a program that writes generated files below the given folders. Unless it
// ends well they are as they were before, also when ctx ends or a signal stops this
// process. The program is one of its own, so that whatever happens to it, it has stopped
// writing before they are put back. What is written by hand is left alone, because
// somebody may edit it meanwhile.
func attempt(ctx context.Context, folders []string, cmd *exec.Cmd) error {
	before, err := generatedFiles(folders)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the generator: %w", err)
	}
	ended := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer ended()
	if err = cmd.Wait(); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.New("stopped by a signal")
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() { // it has said why
		err = errors.New("no generated file was changed")
	} else {
		err = fmt.Errorf("no generated file was changed: %w", err)
	}
	return errors.Join(err, restore(folders, before))
}

// isGenerated says whether nobody edits a file by hand, as its head says.
func isGenerated(content []byte) bool {
	return bytes.Contains(content[:min(len(content), 512)], []byte("DO NOT EDIT"))
}

// generatedFiles reads the generated files below folders.
func generatedFiles(folders []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, folder := range folders {
		folder, err := filepath.Abs(folder) // one may be named twice
		if err != nil {
			return nil, fmt.Errorf("read the generated files: %w", err)
		}
		err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			content, err := os.ReadFile(path)
			if err == nil && isGenerated(content) {
				files[path] = content
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the generated files: %w", err)
		}
	}
	return files, nil
}

// restore puts the generated files back and removes those that were not there, with the
// folders that they leave empty.
func restore(folders []string, before map[string][]byte) error {
	now, err := generatedFiles(folders)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(now)) {
		if _, ok := before[path]; ok {
			continue
		}
		errs = append(errs, os.Remove(path))
		for dir := filepath.Dir(path); os.Remove(dir) == nil; dir = filepath.Dir(dir) {
			continue // until one that is not empty
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), replaceFile(path, before[path]))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("put the generated files back, which git can do: %w", err)
	}
	return nil
}
