package folder

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A revision of Alembic is read, not run: its assignments, and the calls of op.execute
// with plain strings.
var (
	alembicRevision = regexp.MustCompile(`(?m)^revision\s*(?::[^=]*)?=\s*['"]([^'"]+)['"]`)
	alembicParent   = regexp.MustCompile(`(?m)^down_revision\s*(?::[^=]*)?=\s*(None|['"][^'"]+['"])\s*(?:#.*)?$`)
	alembicMessage  = regexp.MustCompile(`(?s)^\s*(?:"""|''')(.*?)(?:\n|"""|''')`)
)

type alembicFile struct {
	foreign
	id, parent string
	source     string
}

func readAlembic(versions fs.FS, names []string, o ImportOptions) ([]foreign, error) {
	files, err := alembicFiles(versions, names)
	if err != nil {
		return nil, err
	}
	if files, err = chain(files); err != nil {
		return nil, err
	}
	var all []foreign
	for _, f := range files {
		up, down := &pythonReader{file: f.from}, &pythonReader{file: f.from}
		if err := up.function(f.source, "upgrade"); err != nil {
			return nil, err
		}
		// A way back that cannot be read is only missing.
		if err := down.function(f.source, "downgrade"); err != nil {
			down = &pythonReader{}
		}
		f.up, f.down, f.noTx = up.text(), down.text(), up.autocommit || down.autocommit
		all = append(all, f.foreign)
	}
	number(all, o.Now())
	return all, nil
}

func alembicFiles(versions fs.FS, names []string) ([]alembicFile, error) {
	var files []alembicFile
	for _, name := range names {
		text, err := fs.ReadFile(versions, name)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", name, err)
		}
		f := alembicFile{foreign: foreign{from: name}, source: string(text)}
		id := alembicRevision.FindStringSubmatch(f.source)
		parent := alembicParent.FindStringSubmatch(f.source)
		if id == nil || parent == nil {
			return nil, fmt.Errorf("import %s: cannot read revision and down_revision; a merge of branches must be made linear first", name)
		}
		f.id = id[1]
		if parent[1] != "None" {
			f.parent = strings.Trim(parent[1], `'"`)
		}
		f.name = f.id
		if m := alembicMessage.FindStringSubmatch(f.source); m != nil && strings.TrimSpace(m[1]) != "" {
			f.name = m[1]
		}
		files = append(files, f)
	}
	return files, nil
}

// chain puts revisions in order.
func chain(files []alembicFile) ([]alembicFile, error) {
	after := make(map[string]alembicFile)
	for _, f := range files {
		if other, twice := after[f.parent]; twice {
			return nil, fmt.Errorf("import: %s and %s both follow %q; make the history linear first", other.from, f.from, f.parent)
		}
		after[f.parent] = f
	}
	var sorted []alembicFile
	for f, ok := after[""]; ok; f, ok = after[f.id] {
		delete(after, f.parent)
		sorted = append(sorted, f)
	}
	if len(after) > 0 {
		f := after[slices.Min(slices.Collect(maps.Keys(after)))]
		return nil, fmt.Errorf("import %s: the revision %q that it follows is missing", f.from, f.parent)
	}
	return sorted, nil
}

// number gives versions a second apart, the last one now.
func number(all []foreign, now time.Time) {
	for i := range all {
		all[i].version = now.UTC().Add(time.Duration(i-len(all)+1) * time.Second).Format(versionLayout)
	}
}

var (
	runningPattern = regexp.MustCompile(`(?m)^-- Running (upgrade|downgrade) (\S*) ?-> ?(\S*).*$`)
	alembicTable   = regexp.MustCompile(`(?is)^\s*(CREATE TABLE|INSERT INTO|UPDATE|DELETE FROM|DROP TABLE)\s+(\S+\.)?"?alembic_version\b`)
)

// readAlembicSQL takes what Alembic prints for offline use, parted at its comments.
// The names come from the versions of src, where it has them.
func readAlembicSQL(src fs.FS, o ImportOptions) ([]foreign, error) {
	titles := make(map[string]string)
	if versions, err := fs.Sub(src, "versions"); err == nil {
		if names, _ := fs.Glob(versions, "*.py"); len(names) > 0 {
			files, err := alembicFiles(versions, names)
			if err != nil {
				return nil, err
			}
			for _, f := range files {
				titles[f.id] = f.name
			}
		}
	}
	downs := make(map[string]string)
	for _, part := range splitRunning(o.DownSQL) {
		downs[part.from] = part.up
	}
	ups := splitRunning(o.UpSQL)
	if len(ups) == 0 {
		return nil, fmt.Errorf(`import: the SQL has no line "-- Running upgrade"; make it with: alembic upgrade head --sql`)
	}
	for i := range ups {
		ups[i].down = downs[ups[i].from]
		if ups[i].name = titles[ups[i].from]; ups[i].name == "" {
			ups[i].name = ups[i].from
		}
	}
	number(ups, o.Now())
	return ups, nil
}

// splitRunning gives a part for each revision that Alembic has run; its from is the
// revision that the part makes, or takes back.
func splitRunning(text string) []foreign {
	marks := runningPattern.FindAllStringSubmatchIndex(text, -1)
	var all []foreign
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		id := strings.TrimSuffix(text[m[6]:m[7]], ",")
		if text[m[2]:m[3]] == "downgrade" {
			id = text[m[4]:m[5]]
		}
		all = append(all, foreign{from: id, up: withoutAlembic(text[m[1]:end])})
	}
	return all
}
