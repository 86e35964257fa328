// Package remake gives recordings the rungs that their broadcasts had no room for.
//
// What it is: a Bench that goes through the recordings, one after the other, while nothing is live: it has the ladder make the
// rungs that a recording lacks, cuts them where the source is cut, part for part, signs them with a session key that the channel's
// identity certifies for this alone, and adds them to the recording as a whole.
// Who calls it: cmd/shoal runs it; api tells of its progress.
// What it owns: the work that is under way.
// What it will never do: run while anything is live; change what is recorded; list what is half made. What is interrupted, by a
// broadcast or by the end of the process, begins anew.
//
// The numbers of the new parts: a certificate holds from a seq on, whatever the track. So parts that are made later are numbered from
// a multiple of FirstSeq above the source's: the broadcast's own certificate stands for what was sent, the later one for what was made.
// The first record of each new track follows the certificate: its digest stands where that of the record before does.
package remake
