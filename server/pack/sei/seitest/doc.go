// Package seitest writes what encoders say of themselves beside their pictures, for tests.
//
// What it is: a writer of SEI as x264 and x265 write it.
// Who calls it: tests.
// What it owns: nothing.
// What it will never do: be part of the program.
package seitest
