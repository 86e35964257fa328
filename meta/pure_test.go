package meta

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// clocks are what package time has besides values.
var clocks = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true, "Tick": true, "Sleep": true,
	"NewTimer": true, "NewTicker": true, "Local": true, "LoadLocation": true,
}

// TestPureRoomsArePure looks for what imports do not show: goroutines, channels, floats, the order of maps, clocks.
func TestPureRoomsArePure(t *testing.T) {
	exports := map[string]string{}
	var rooms []room
	for _, r := range list(t, nil, "-export", "-deps", "./...") {
		exports[r.ImportPath] = r.Export
		if _, pure := pureRooms[r.name()]; pure && ours(r.ImportPath) {
			rooms = append(rooms, r)
		}
	}
	for _, r := range rooms {
		files := token.NewFileSet()
		var parsed []*ast.File
		for _, name := range r.GoFiles {
			file, err := parser.ParseFile(files, filepath.Join(r.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, file)
		}
		find := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
		config := types.Config{Importer: importer.ForCompiler(files, "gc", find)}
		if _, err := config.Check(r.ImportPath, files, parsed, info); err != nil {
			t.Fatal(err)
		}
		for _, file := range parsed {
			ast.Inspect(file, func(n ast.Node) bool {
				if what := impure(n, info); what != "" {
					t.Errorf("%s: %s", files.Position(n.Pos()), what)
				}
				return true
			})
		}
	}
}

// impure says what makes a node one that a pure room may not have, or "".
func impure(n ast.Node, info *types.Info) string {
	if e, ok := n.(ast.Expr); ok {
		if b, ok := info.TypeOf(e).(*types.Basic); ok && b.Info()&(types.IsFloat|types.IsComplex) != 0 && b.Info()&types.IsUntyped == 0 {
			return "a float: machines differ in how they round; count in integers"
		}
	}
	switch n := n.(type) {
	case *ast.GoStmt:
		return "a goroutine: its body starts those"
	case *ast.SelectStmt, *ast.SendStmt, *ast.ChanType:
		return "a channel: which of two is ready first is chance"
	case *ast.RangeStmt:
		if _, isMap := info.TypeOf(n.X).Underlying().(*types.Map); isMap {
			return "the order of a map: keep a sorted slice of its keys"
		}
	case *ast.SelectorExpr:
		if used := info.Uses[n.Sel]; used != nil && used.Pkg() != nil && used.Pkg().Path() == "time" && clocks[used.Name()] {
			return "a clock: take the time as an argument"
		}
	}
	return ""
}

func TestImpurityIsSeen(t *testing.T) {
	const source = `package p
import "time"
var m map[int]int
func a() { go a() }
func b(c chan int) { c <- 1 }
func c() { for range m {} }
func d(x int) int { return int(float64(x) * 1.5) }
func e() time.Time { return time.Now() }
func f() { select {} }
func clean(d time.Duration) (n int) { for range 3 { n += int(d / time.Second) }; return m[n] }
`
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(files, "source", nil)}
	if _, err := config.Check("p", files, []*ast.File{file}, info); err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		seen := ""
		ast.Inspect(f, func(n ast.Node) bool {
			if n != nil && seen == "" {
				seen = impure(n, info)
			}
			return true
		})
		if (seen == "") != (f.Name.Name == "clean") {
			t.Errorf("func %s: %q", f.Name.Name, seen)
		}
	}
}
