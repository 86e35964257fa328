package meta

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = ".."

// module begins the import path of everything of ours.
const module = "shoal"

// room is a Go package as `go list` tells it.
type room struct {
	ImportPath string
	Dir        string
	Export     string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

// name is the room's path in the repository.
func (r room) name() string { return nameOf(r.ImportPath) }

func nameOf(importPath string) string { return strings.TrimPrefix(importPath, module+"/") }

func ours(importPath string) bool { return strings.HasPrefix(importPath, module+"/") }

// list runs go list and returns what it tells.
func list(t *testing.T, environment []string, args ...string) []room {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Export,Standard,GoFiles,Imports"}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), environment...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, complaints.String())
	}
	var rooms []room
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var r room
		switch err := decoder.Decode(&r); {
		case errors.Is(err, io.EOF):
			return rooms
		case err != nil:
			t.Fatal(err)
		}
		rooms = append(rooms, r)
	}
}

// foreign are folders that nobody here wrote, or that are made by building.
var foreign = map[string]bool{".git": true, "node_modules": true, "dist": true, "bin": true, ".cache": true, "test-results": true, "testdata": true}

// walk calls visit for each file of ours.
func walk(t *testing.T, visit func(path string, entry fs.DirEntry)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && foreign[entry.Name()] {
			return filepath.SkipDir
		}
		visit(filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator))), entry)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// matches reports whether a room is one of those that patterns name: "a/b" itself, "a/b/..." with all below it.
func matches(name string, patterns ...string) bool {
	for _, p := range patterns {
		if below, ok := strings.CutSuffix(p, "/..."); ok && (name == below || strings.HasPrefix(name, below+"/")) || name == p {
			return true
		}
	}
	return false
}
