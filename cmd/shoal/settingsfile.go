package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"shoal/cmd/shoal/config"
)

// settingsFile is the name of the file of settings in the data directory.
const settingsFile = "shoal.toml"

// openSettings reads the file of settings: the one named, or the one in the data directory if there is one.
func openSettings(named, data string) (*config.File, error) {
	path := named
	if path == "" {
		path = filepath.Join(data, settingsFile)
	}
	text, err := os.ReadFile(path)
	if named == "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) { // makeDataDir names what is no directory
		return config.Parse(path, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("settings cannot be read: %w: --config names another file", err)
	}
	file, err := config.Parse(path, text)
	if err != nil {
		return nil, err
	}
	return file, file.Check(settingKeys())
}

// settingKeys returns the keys of shoal.toml: one for each field of Settings.
func settingKeys() []string {
	var keys []string
	fields := reflect.TypeFor[Settings]()
	for i := range fields.NumField() {
		keys = append(keys, keyOf(fields.Field(i).Tag.Get("name")))
	}
	return keys
}

func keyOf(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// fromFile resolves flags from a file of settings. The environment goes before it.
type fromFile struct{ file *config.File }

// Validate has nothing to do: openSettings has checked the keys.
func (f fromFile) Validate(*kong.Application) error { return nil }

// Resolve returns the file's value for a flag, or nil.
func (f fromFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	value, ok := f.file.Lookup(keyOf(flag.Name))
	if !ok {
		return nil, nil
	}
	wrong := func(want string) error {
		return &config.Error{File: f.file.Name, Line: value.Line, Says: fmt.Sprintf("%s wants %s", keyOf(flag.Name), want)}
	}
	switch kind := flag.Target.Kind(); set := value.Set.(type) {
	case string:
		if kind != reflect.String {
			return nil, wrong(wants(kind))
		}
		return set, nil
	case bool:
		if kind != reflect.Bool {
			return nil, wrong(wants(kind))
		}
		return set, nil
	case int64:
		if kind != reflect.Int {
			return nil, wrong(wants(kind))
		}
		return set, nil
	case []string:
		if kind != reflect.Slice {
			return nil, wrong(wants(kind))
		}
		list := make([]any, len(set))
		for i, text := range set {
			list[i] = text
		}
		return list, nil
	}
	return nil, wrong("another kind of value")
}

func wants(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "true or false, without quotes"
	case reflect.Int:
		return "a number, without quotes"
	case reflect.Slice:
		return `a list of texts, such as ["a", "b"]`
	}
	return "text in quotes"
}

// strangeVariables returns the SHOAL_ variables of the environment that set nothing, each with the nearest that does.
// They are worth a warning and no more: container platforms put such names there by themselves.
func strangeVariables(environ []string) []string {
	known := []string{"SHOAL_DATA", "SHOAL_CONFIG"}
	for _, key := range settingKeys() {
		known = append(known, "SHOAL_"+strings.ToUpper(key))
	}
	var strange []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "SHOAL_") {
			continue
		}
		if near := config.Nearest(name, known); near != "" && near != name {
			strange = append(strange, fmt.Sprintf("%s sets nothing; did you mean %s?", name, near))
		}
	}
	return strange
}
