package sim

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed scenarios/*.txt
var library embed.FS

const shelved = "scenarios/"

// Names returns the scenarios that are built in, in alphabetical order.
func Names() (names []string) {
	files, err := fs.Glob(library, shelved+"*.txt")
	if err != nil {
		panic(err) // the pattern is ours
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(f, shelved), ".txt"))
	}
	return names
}

// Named returns a scenario that is built in.
func Named(name string) (Scenario, error) {
	text, err := library.ReadFile(shelved + name + ".txt")
	if err != nil {
		return Scenario{}, fmt.Errorf("no scenario is called %q; there are: %s", name, strings.Join(Names(), " "))
	}
	return Parse(name, string(text))
}
