// Package captiontest writes captions into H.264 and H.265, for tests: ffmpeg passes captions on, but makes none.
//
// What it is: a writer of CEA-608 (pop-on and roll-up) and of short packets of CEA-708, as SEI of an access unit.
// Who calls it: tests.
// What it owns: nothing.
// What it will never do: be part of the program.
package captiontest
