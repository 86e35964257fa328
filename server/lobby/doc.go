// Package lobby keeps connections that wait: for the next request of who is connected, or for an answer that many are given at once.
//
// What it is: a net.Listener between the kernel's and the HTTP server. The HTTP server is given a connection when its request
// begins to come in: one that rests here has 3.5 KB, in the HTTP server 8 when it is new and up to 30 after an answer. A request that has to wait gives its connection back, with the
// question: all who ask the same are one queue, for which the question is put once; then the same bytes are written to each,
// first come, first served, and the connections rest again.
// Who calls it: cmd puts it before the HTTP server; api has connections wait.
// What it owns: connections until they are accepted, and again while they wait; one goroutine for each that rests and for each queue,
// none for one that waits in a queue.
// What it will never do: read more than the first byte of a request, know what is asked, or let a slow reader hold up the others.
//
// Connections are as many as the process may open files. Who waits in a queue and hangs up is noticed when the answer is
// written: api bounds how many wait, and the question how long.
package lobby
