// Package api holds the doors: everything that comes in over HTTP, one file per room behind it.
//
// What it is: routes, limits on what comes in, and the form of what goes out (JSON, playlists, pages, errors).
// Who calls it: browsers, players, Prometheus; cmd/shoal builds it.
// What it owns: the count of requests held open, the join limits by address, the metrics registry.
// What it will never do: decide a rule of another room, keep a session, log a key, a token or a viewer's address.
package api
