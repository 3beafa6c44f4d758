package config

import (
	"fmt"
	"log/slog"
	"reflect"
	"strings"
)

// Setting describes one variable of the environment, for help and documents.
type Setting struct {
	// Name of the variable.
	Name string
	// Default is its value when unset; where that depends on something else, the text
	// says so and DefaultText is true.
	Default string
	// DefaultText tells that Default is an explanation and not a value.
	DefaultText bool
	// Doc says what it does, in whole sentences.
	Doc string
	// Secret tells that its value must not be shown.
	Secret bool

	accept string
}

// Settings lists every variable that Load reads, in a sensible order for reading.
func Settings() []Setting {
	t := reflect.TypeFor[Config]()
	list := make([]Setting, 0, t.NumField())
	for i := range t.NumField() {
		list = append(list, settingOf(t.Field(i)))
	}
	return list
}

// settings are the Settings by name.
var settings = func() map[string]Setting {
	byName := map[string]Setting{}
	for _, s := range Settings() {
		byName[s.Name] = s
	}
	return byName
}()

func settingOf(f reflect.StructField) Setting {
	s := Setting{
		Name:    f.Tag.Get("env"),
		Default: f.Tag.Get("envDefault"),
		Doc:     f.Tag.Get("doc"),
		Secret:  f.Type == reflect.TypeFor[DatabaseURL](),
		accept:  f.Tag.Get("accept"),
	}
	if text, ok := f.Tag.Lookup("unset"); ok {
		s.Default, s.DefaultText = text, true
	}
	return s
}

// String gives one line NAME=value for each setting. Secrets are hidden.
func (c Config) String() string {
	var b strings.Builder
	c.each(func(name, value string) { fmt.Fprintf(&b, "%s=%s\n", name, value) })
	return strings.TrimSuffix(b.String(), "\n")
}

// Format prints what String gives, whatever the verb: the secrets stay hidden under
// %+v and %#v too.
func (c Config) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// LogValue gives a group with a string for each setting, its key in lower case.
// Secrets are hidden.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	c.each(func(name, value string) { attrs = append(attrs, slog.String(strings.ToLower(name), value)) })
	return slog.GroupValue(attrs...)
}

// each visits the settings with their values as they would be written in the
// environment, except for secrets.
func (c Config) each(visit func(name, value string)) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		visit(v.Type().Field(i).Tag.Get("env"), fmt.Sprint(v.Field(i).Interface()))
	}
}
