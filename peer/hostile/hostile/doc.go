// Command hostile harms a channel's swarm, so that tests can show that the swarm does not mind. See package hostile.
//
// What it is: flags around hostile.Peer; it prints its counts at the end.
// Who calls it: end-to-end tests: go run ./peer/hostile/hostile --url http://127.0.0.1:8080 --channel demo --mode alter.
// What it owns: nothing.
// What it will never do: be part of the program that people install.
package main
