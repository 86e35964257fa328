// Package ladder makes smaller rungs of a live picture with ffmpeg, for viewers whose lines do not bear the source.
//
// What it is: a Ladder, and one Climb for each run of a broadcast: one ffmpeg child (the worker) with the source's samples on its
// input and one inherited pipe for each rung. Every rung has the source's frames at the source's times, and key frames where the
// source has them, so that what is cut of them lines up with the source part for part. A worker that dies is started again where
// it stopped, from the samples since the key frame before; one that hangs or falls behind is ended, and what is too much for the
// machine is given up, the largest rung first, and tried again later.
// What rests has time: a Late makes rungs of a recording, and a Darkroom small pictures of key frames, with workers in the same cage
// that get idle processors only.
// Who calls it: live, remake and still, through interfaces of their own; cmd/shoal opens it.
// What it owns: the workers, their cage (cage_linux.go: no network, no privileges, bounds on memory and files) and the machine's
// measured capacity, which all broadcasts share.
// What it will never do: hold the source up, enlarge a picture, touch the source's own samples, give a worker a socket or a file.
//
// Errands are runs of the same programs in the same cage for other rooms, which may give them one open file to read.
package ladder
