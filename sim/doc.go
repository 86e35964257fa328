// Package sim is the made-up internet: thousands of the very engines that run in a browser, under one clock and one seed.
//
// What it is: a scenario (scenario.go, scenarios/) is a short readable file. A run of it has viewers who come, go, hide,
// sleep and cheat (viewer.go, habit.go, faults.go), each with an access line (line.go, nat.go), a player (player.go) and a
// mind (policy.go): the real engine, or one of the rivals in rival/. Between them are the broadcast (source.go), the origin
// (origin.go; rung.go for several renditions, recorded.go for what is not live) and the tracker around the real coordinator (tracker.go). Engines hold no bytes, so nothing here does:
// pieces are names that are true or false. Rules that no engine may break are checked at every output (rules.go); what
// came of it is counted (measure.go, result.go). The same seed gives the same result to the byte, on machines of one kind.
// Where its numbers come from: docs/swarm.md, and the comment beside each.
// Who calls it: shoal sim, tests, and whoever doubts a figure.
// What it owns: the models of everything outside the engine.
// What it will never do: sleep, read a clock, start a goroutine, move media bytes, or decide what an engine decides.
package sim
