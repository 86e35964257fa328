// Package upload turns a file that a creator sends into a recording of a channel.
//
// What it is: an Inbox: uploads that are received piece by piece over any number of connections and restarts, wait, are looked at,
// packaged, and then are ready or refused, with the reason in words. One is worked on at a time, behind everything else.
// ffmpeg reads the file in a cage (interface Tools) and writes plain fragmented MP4; what comes out is cut by pack into the same
// parts as a broadcast, which are signed and kept (interface Press). Pictures and sounds that browsers play are not encoded again.
// Who calls it: api receives over HTTP (the tus protocol) and tells how uploads stand; the command line runs it.
// What it owns: its directory, in it for each upload a directory with about.json and, until it is ready or refused, the file.
// What it will never do: parse a picture in this process; let ffmpeg choose what a file is, or open another; list half a recording;
// take a byte for which no room is reserved.
//
// Whatever ends the process, about.json says how far an upload is: what was being received goes on where it stopped, what was being
// packaged begins anew under a new epoch.
package upload
