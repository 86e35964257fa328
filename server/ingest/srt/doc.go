// Package srt takes publications over SRT: MPEG-TS from encoders that call.
//
// What it is: a Server on one UDP socket. It keeps nothing of a stranger before the caller has shown that its address is
// its own (a cookie), then reads the stream id, checks the passphrase by unwrapping the caller's key, and asks the Door.
// Each connection is one goroutine with bounded queues that orders and acknowledges packets, asks again for lost ones
// for as long as the latency, and hands what is in order to the folder's ts. Packets are delivered as soon as they are in order:
// no clock of the publisher's is trusted.
// Who calls it: cmd starts it; OBS, ffmpeg and hardware encoders connect to it.
// What it owns: the socket, its connections, their limits and deadlines.
// What it will never do: answer with more bytes than it was sent, send media, decide whose key is whose, or log a key.
package srt
