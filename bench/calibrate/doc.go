// Calibrate runs one scenario twice, with real peers and made up, and prints both side by side.
//
// What it is: scenario.txt; real native peers in the world of bench/lab, at the end of lines of the scenario's width and length
// (real.go); the same scenario in sim, and the table (table.go).
// Who calls it: make proof-calibration; whoever doubts the simulation. docs/calibration.md shows what comes out, and why.
// What it owns: the server and the publisher that it starts, and the lines.
// What it will never do: measure with another engine, tracker or player than those that viewers run.
package main
