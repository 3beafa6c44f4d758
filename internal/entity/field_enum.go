package entity

// Named gives values of an enum that GraphQL cannot spell, such as "in-progress", the names that
// the API has for them: stored values by their names. No name is another value of the enum.
func Named(f Field, stored map[string]string) Field {
	parse := f.parse
	f.stored, f.names = stored, make(map[string]string, len(stored))
	for name, value := range stored {
		f.names[value] = name
	}
	f.parse = func(v any) (any, error) {
		if s, ok := v.(string); ok {
			v = f.Stored(s)
		}
		return parse(v)
	}
	return f
}

// Renames reports whether the API has names of its own for values of an enum.
func (f *Field) Renames() bool { return f.stored != nil }

// Stored is the value of an enum that a name of the API stands for; others stand for themselves.
func (f *Field) Stored(name string) string {
	if value, ok := f.stored[name]; ok {
		return value
	}
	return name
}

// Shown is what the API calls a stored value of an enum.
func (f *Field) Shown(value string) string {
	if name, ok := f.names[value]; ok {
		return name
	}
	return value
}

// Has reports whether a text is one of the stored values of an Enum.
func (f *Field) Has(text string) bool {
	if _, name := f.stored[text]; name {
		return false
	}
	_, err := f.parse(text)
	return err == nil
}
