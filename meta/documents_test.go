package meta

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// operating is the operator's page: what it does not name does not exist.
const operating = "docs/operating.md"

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fence    = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	link     = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)[^)]*\)`)
	htmlLink = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notInTag = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

func TestLinksLeadSomewhere(t *testing.T) {
	walk(t, func(name string, entry fs.DirEntry) {
		if entry.IsDir() || filepath.Ext(name) != ".md" {
			return
		}
		text := fence.ReplaceAllString(read(t, name), "")
		for _, l := range append(link.FindAllStringSubmatch(text, -1), htmlLink.FindAllStringSubmatch(text, -1)...) {
			if strings.Contains(l[1], "://") || strings.HasPrefix(l[1], "mailto:") {
				continue
			}
			target, anchor, _ := strings.Cut(l[1], "#")
			to := name
			if target != "" {
				to = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			}
			if _, err := os.Stat(filepath.Join(root, to)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, l[1])
			} else if anchor != "" && filepath.Ext(to) == ".md" && !anchors(read(t, to))[anchor] {
				t.Errorf("%s links to %s, but %s has no such heading", name, l[1], to)
			}
		}
	})
}

// anchors returns what headings are linked by: lower case, without punctuation, hyphens for spaces.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		plain := notInTag.ReplaceAllString(strings.ToLower(h[1]), "")
		all[strings.ReplaceAll(strings.TrimSpace(plain), " ", "-")] = true
	}
	return all
}

func TestEverySettingIsDocumented(t *testing.T) {
	page := read(t, operating)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "cmd/shoal/settings.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		raw, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			t.Fatal(err)
		}
		flag := reflect.StructTag(raw).Get("name")
		found++
		for _, word := range []string{"--" + flag, strings.ReplaceAll(flag, "-", "_"), reflect.StructTag(raw).Get("env")} {
			if !strings.Contains(page, "`"+word+"`") {
				t.Errorf("%s does not name `%s`", operating, word)
			}
		}
		return true
	})
	if found == 0 {
		t.Error("no setting was found: has cmd/shoal/settings.go moved?")
	}
}

func TestEveryFigureIsDocumented(t *testing.T) {
	page, found := read(t, operating), 0
	for _, name := range regexp.MustCompile(`"(shoal_[a-z_]+)"`).FindAllStringSubmatch(read(t, "server/api/metrics.go"), -1) {
		found++
		if !strings.Contains(page, "`"+name[1]) {
			t.Errorf("%s does not name `%s`", operating, name[1])
		}
	}
	if found == 0 {
		t.Error("no figure was found: has server/api/metrics.go moved?")
	}
}

// TestOneWordPerThing reads docs/glossary.md: a row "| **word** | meaning | not these |" bans the words of its last column
// from the names in Go code, except in the rooms that a bracket behind the word gives.
func TestOneWordPerThing(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| \*\*[^|]+\| [^|]+\|([^|]*)\|$`)
	word := regexp.MustCompile("`([a-z]+)`(?: \\(fine in ([^)]+)\\))?")
	fine := map[string][]string{}
	for _, r := range row.FindAllStringSubmatch(read(t, "docs/glossary.md"), -1) {
		for _, w := range word.FindAllStringSubmatch(r[1], -1) {
			fine[w[1]] = strings.Fields(strings.ReplaceAll(w[2], ",", " "))
		}
	}
	if len(fine) == 0 {
		t.Fatal("docs/glossary.md bans no word: has its form changed?")
	}
	parts := regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)
	for _, r := range list(t, nil, "./...") {
		for _, name := range r.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(r.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, declared := range declarations(file) {
				for _, part := range parts.FindAllString(declared.Name, -1) {
					rooms, banned := fine[strings.ToLower(part)]
					if banned && !matches(r.name(), rooms...) {
						t.Errorf("%s: %s says %q: docs/glossary.md has another word for it", files.Position(declared.Pos()), declared.Name, part)
					}
				}
			}
		}
	}
}

// declarations returns the names that a file gives: what it calls others' things by is theirs.
func declarations(file *ast.File) (names []*ast.Ident) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			names = append(names, n.Name)
		case *ast.TypeSpec:
			names = append(names, n.Name)
		case *ast.ValueSpec:
			names = append(names, n.Names...)
		case *ast.Field:
			names = append(names, n.Names...)
		}
		return true
	})
	return names
}
