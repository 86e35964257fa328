package meta

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Bounds on size. The style asks for less (CONTRIBUTING.md); beyond these, a file or function has become the owner of everything.
const (
	fileLinesMax     = 500
	functionLinesMax = 100
)

func TestEveryRoomSaysWhatItIs(t *testing.T) {
	for _, r := range list(t, nil, "./...") {
		text, err := os.ReadFile(filepath.Join(r.Dir, "doc.go"))
		if err != nil {
			t.Errorf("%s has no doc.go", r.name())
			continue
		}
		for _, heading := range []string{"What it is:", "Who calls it:", "What it owns:", "What it will never do:"} {
			if !bytes.Contains(text, []byte("// "+heading)) {
				t.Errorf("%s/doc.go does not say %q", r.name(), heading)
			}
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	written := map[string]bool{".go": true, ".ts": true, ".svelte": true, ".css": true, ".mjs": true, ".sh": true, ".html": true}
	walk(t, func(name string, entry fs.DirEntry) {
		if entry.IsDir() || !written[path.Ext(name)] || isTest(name) {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("// Code generated")) {
			return
		}
		if lines := bytes.Count(text, []byte("\n")); lines > fileLinesMax {
			t.Errorf("%s has %d lines, more than %d: give some of it a file of its own", name, lines, fileLinesMax)
		}
		if path.Ext(name) == ".go" {
			checkFunctions(t, name, text)
		}
	})
}

func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") || strings.HasPrefix(name, "web/e2e/")
}

func checkFunctions(t *testing.T, name string, text []byte) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if f.Name.Name == "init" && f.Recv == nil {
			t.Errorf("%s: func init runs unasked: let the caller call it", files.Position(f.Pos()))
		}
		if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > functionLinesMax {
			t.Errorf("%s: func %s has %d lines, more than %d", files.Position(f.Pos()), f.Name.Name, lines, functionLinesMax)
		}
	}
}

func TestFoldersAreNamedForWhatIsInside(t *testing.T) {
	banned := map[string]bool{"utils": true, "util": true, "common": true, "types": true, "helpers": true, "helper": true, "manager": true,
		"managers": true, "models": true, "defs": true, "misc": true, "lib": true, "core": true, "base": true, "shared": true, "internal": true}
	walk(t, func(name string, entry fs.DirEntry) {
		stem, ext, _ := strings.Cut(entry.Name(), ".")
		if !entry.IsDir() && ext != "go" && ext != "ts" {
			return
		}
		if banned[stem] {
			t.Errorf("%s: %q says nothing of what is inside: name it for the noun", name, stem)
		}
	})
}
