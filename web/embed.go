package web

import (
	"embed"
	"io/fs"
)

// dist is empty but for .keep until `npm run build` has run: the binary then serves no pages, but builds.
//
//go:embed all:dist
var dist embed.FS

// Files returns the built pages: index.html (/), live.html (/live), watch.html (/c/NAME), embed.html (/embed/NAME), favicon.svg,
// the scripts for pages of other sites (shoal-player.js, shoal-hls.js), and assets/, whose names hold a digest of their content.
func Files() (fs.FS, error) { return fs.Sub(dist, "dist") }

// Built reports whether files holds pages, so that a server without them can say what to do.
func Built(files fs.FS) bool {
	_, err := fs.Stat(files, "index.html")
	return err == nil
}
