// Command shoal is the one program: server, demo and the tools that go with them.
//
// What it is: wiring. house.go builds the rooms, bottom floor first; adapters*.go join seams whose two sides speak
// different words; the other files read settings and command lines.
// Who calls it: people, service managers, tests.
// What it owns: the data directory's lock, the settings, the start and the end of every room.
// What it will never do: hold a rule of streaming. A rule found here belongs to a room.
package main
