package codegen

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// memo is what the last run left for the next, which by it sees what has nothing to do. A run
// without one, or with that of another generator, or after somebody else changed a generated
// file, generates everything.
type memo struct {
	// Generator is the hash of the program.
	Generator string
	// Files is the hash of all generated files, as the run left them.
	Files string
	// Ent and Executor are hashes of what the two steps read.
	Ent, Executor string
	// Raw has, by the name of a file of Ent's client, the hash of what the templates gave.
	Raw map[string]string
	// Methods are those of the handwritten fields: by "Object.GoName" the field and the SDL
	// file that declares it.
	Methods map[string][2]string
}

const memoFile = workFolder + "/memo.json"

// readMemo gives an empty memo where that of the last run does not count.
func readMemo(folders []string) (*memo, error) {
	generator, err := generatorHash()
	if err != nil {
		return nil, err
	}
	files, err := filesHash(folders)
	if err != nil {
		return nil, err
	}
	empty := &memo{Generator: generator, Raw: map[string]string{}}
	text, err := os.ReadFile(memoFile)
	if errors.Is(err, fs.ErrNotExist) {
		return empty, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what the last run left: %w", err)
	}
	var m memo
	if json.Unmarshal(text, &m) != nil || m.Generator != generator || m.Files != files || m.Raw == nil {
		return empty, nil
	}
	return &m, nil
}

// write keeps the memo for the next run.
func (m *memo) write(folders []string) error {
	var err error
	if m.Files, err = filesHash(folders); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err == nil {
		err = os.MkdirAll(workFolder, 0o755)
	}
	if err == nil {
		err = replaceFile(memoFile, text)
	}
	if err != nil {
		return fmt.Errorf("keep what was generated from what: %w", err)
	}
	return nil
}

func hashOf(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d\n%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// generatorHash tells one build of the generator from another.
func generatorHash() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the generator: %w", err)
	}
	f, err := os.Open(self)
	if err != nil {
		return "", fmt.Errorf("read the generator: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read the generator: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// filesHash is that of the generated files below folders.
func filesHash(folders []string) (string, error) {
	files, err := generatedFiles(folders)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s %s\n", filepath.ToSlash(name), hashOf(files[name]))
	}
	return hashOf(b.Bytes()), nil
}
