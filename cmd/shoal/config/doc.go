// Package config reads shoal.toml.
//
// What it is: a parser for the part of TOML that settings need (comments, [sections], strings, whole numbers,
// booleans, lists of strings) and an error that names file, line and the nearest known key.
// Who calls it: cmd/shoal, once at start.
// What it owns: nothing.
// What it will never do: know what a key means, read the environment, guess at what a wrong line was meant to say.
package config
