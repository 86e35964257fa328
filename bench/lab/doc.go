// Package lab is the world that benches put native peers into.
//
// What it is: a real server fed by ffmpeg (studio.go), lines of any width and length for datagrams and requests in user space
// (line.go, stream.go), a witness who notes when parts are published (witness.go), and the peers' tapes played again to count what
// happened (tape.go).
// Who calls it: bench/calibrate and bench/failures.
// What it owns: the server and the publisher that it starts, and the lines.
// What it will never do: ask for privileges, or stand between peers otherwise than as a line does.
package lab
