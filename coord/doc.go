// Package coord is the tracker's mind: who meets whom, who fetches which stripes from the origin for all, who is shown the door.
//
// What it is: Step takes what happened in one channel and returns what to tell its viewers. meet.go introduces, seeds.go
// shares the stripes out among those who follow the same tracks (group.go), trust.go hears complaints; in a recording places.go
// knows who plays where. mind.go only routes.
// Who calls it: server/tracker, and sim.
// What it owns: the membership of one channel's swarm: nothing of it outlives the process.
// What it will never do: read a clock, open a socket, draw a number from outside, decide how pieces travel: peers do that.
package coord
