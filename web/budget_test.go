package web

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shellMax is what a page may load of our own before and beside hls.js, compressed by gzip, in bytes: also what it loads
// later by itself, but for the engine and hls.js.
const shellMax = 60 << 10

func TestPayloadBudget(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if !Built(files) {
		t.Skip("the pages are not built: make web")
	}
	for _, entry := range []string{"watch.html", "embed.html", "shoal-player.js", "shoal-hls.js"} {
		total, loaded := 0, reached(t, files, entry)
		for _, name := range loaded {
			if lent.MatchString(name) {
				continue
			}
			size := gzipped(t, files, name)
			total += size
			t.Logf("%s: %6d %s", entry, size, name)
		}
		t.Logf("%s: %d bytes of %d", entry, total, shellMax)
		if total > shellMax {
			t.Errorf("%s loads %d bytes gzip, more than %d", entry, total, shellMax)
		}
		if !slices.ContainsFunc(loaded, func(name string) bool { return strings.HasPrefix(path.Base(name), "player-") }) {
			t.Errorf("%s seems to load next to nothing: %v", entry, loaded)
		}
	}
}

// What other sites load must find the rest beside itself, and put nothing into their pages.
func TestScriptsForOtherSitesStandAlone(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	if !Built(files) {
		t.Skip("the pages are not built: make web")
	}
	digested := regexp.MustCompile(`^assets/.+-[A-Za-z0-9_-]{8}\.(js|wasm)$`)
	for _, entry := range []string{"shoal-player.js", "shoal-hls.js"} {
		for _, name := range reached(t, files, entry) {
			if name != entry && !digested.MatchString(name) {
				t.Errorf("%s leads to %s, whose name holds no digest or which is no script", entry, name)
			}
			if path.Ext(name) != ".js" || lent.MatchString(name) {
				continue
			}
			text := string(read(t, files, name))
			for _, found := range astray.FindAllString(text, -1) {
				if !strings.HasPrefix(found, "https://svelte.dev") { // in the words of Svelte's errors
					t.Errorf("%s, of %s, says %s", name, entry, found)
				}
			}
		}
	}
}

var (
	// lent is what has a budget of its own, is not ours, or waits for a press that hardly anybody makes.
	lent = regexp.MustCompile(`/(hls\.js-|hls\.worker-|engine-|diagnosis-)[^/]*$`)
	// astray is what leads away from the server or to the root of the page's own site, or is put into the page.
	astray = regexp.MustCompile("[\"'`]/assets/|__vite__mapDeps|https://[a-z0-9-]+\\.[a-z.]+")
	// names are how the build's files name each other: imports, imports later, files by address, and what a page links.
	names = regexp.MustCompile("(?:from|import|import\\(|URL\\(|src=|href=)\\s*[\"'`]([./][^\"'`]+\\.(?:js|css|wasm))[\"'`]")
)

// reached returns a file of the build and all that it leads to.
func reached(t *testing.T, files fs.FS, entry string) []string {
	all := []string{entry}
	for at := 0; at < len(all); at++ {
		if ext := path.Ext(all[at]); ext != ".js" && ext != ".html" {
			continue
		}
		for _, found := range names.FindAllStringSubmatch(string(read(t, files, all[at])), -1) {
			name := found[1]
			if strings.HasPrefix(name, "/") {
				name = strings.TrimPrefix(name, "/")
			} else {
				name = path.Join(path.Dir(all[at]), name)
			}
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

func gzipped(t *testing.T, files fs.FS, name string) int {
	t.Helper()
	if twin, err := fs.ReadFile(files, name+".gz"); err == nil {
		return len(twin)
	}
	return len(read(t, files, name)) // too small to shrink
}

func read(t *testing.T, files fs.FS, name string) []byte {
	t.Helper()
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
