// Package web holds the pages: channel list, watch page, frame page, the player for pages of other sites, and the browser's body of the
// swarm engine.
//
// What it is: the files that vite built from app, player and engine, embedded.
// Who calls it: cmd hands Files to server/api.
// What it owns: nothing at run time.
// What it will never do: decide a route or a header; server/api does.
package web
