// Package browser measures what viewers and the origin get out of engines that run in real browsers, side by side.
//
// What it is: TypeScript. One live stream with a clock burnt into its picture (clock.ts, studio.ts), a proxy that counts what
// leaves the origin (counter.ts), the engines (engines.ts, pages/), a witness in each page that looks at picture and bytes from
// below and is the same for all (witness.ts), browsers with or without lines of their own (browsers.ts, lines.ts), runs in turn
// (run.ts, main.ts), a run without the tracker (away.ts), and what came out as figures, a table and a picture (figures.ts, table.ts, picture.ts).
// Who calls it: make bench-browser; docs/benchmarks.md tells how it measures and what came out.
// What it owns: the server, publishers, trackers, browsers and network namespaces that it starts, until it ends.
// What it will never do: ask an engine how good it is, or measure one by other means than the others.
package browser
