// Package swarm is the engine: everything that one peer decides, as a pure state machine.
//
// What it is: Step takes what happened and returns what to do about it; Wake says when to call again if nothing happens.
// The thinking is in have (who holds what), trust (whom to believe), route (which way each stripe comes and goes), pick
// (what to ask for, from whom or from the origin) and share (whom to serve, and how much). supply.go
// sees to it that records come, follow.go turns to other tracks, recorded.go plays what is not live; engine.go only routes inputs.
// Who calls it: the three bodies: peer (native), web/engine (browser, through cmd/engine) and sim.
// What it owns: the state of one viewer in one channel.
// What it will never do: read a clock, start a goroutine, draw a random number, open a socket, hold a media byte.
package swarm
