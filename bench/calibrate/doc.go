// Calibrate runs one scenario twice, with real peers and made up, and prints both side by side.
//
// What it is: scenario.txt; a real server fed by ffmpeg (studio.go), real native peers whose datagrams and requests go through
// lines of the scenario's width and length (line.go, stream.go), a witness who notes when parts are published (witness.go),
// the peers' tapes played again to count what happened (tape.go), the same scenario in sim, and the table (table.go).
// Who calls it: make proof-calibration; whoever doubts the simulation. docs/calibration.md shows what comes out, and why.
// What it owns: the server and the publisher that it starts, and the lines.
// What it will never do: measure with another engine, tracker or player than those that viewers run.
package main
