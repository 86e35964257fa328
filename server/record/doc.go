// Package record keeps broadcasts beyond their live edge: recordings, the rewind window of a running broadcast, clips.
//
// What it is: a Shelf of recordings in one directory, and a Recorder that hears which parts were published, takes their bytes
// from the origin, and appends them with their signed records. Nothing is encoded or signed again: what rests is what live
// viewers got, so they check it as they check live. What is made of it afterwards, stills and further rungs, is added whole or not at all. A recording is read back as playlists, segments, parts, records and one
// MP4 file.
// Who calls it: the command line runs it; api serves from it.
// What it owns: the directory. In it CHANNEL/EPOCH/ for each recording and CHANNEL/clip-ID/ for each clip, with numbered spools,
// the channel's name and what is declared of segments, and, once nothing more comes, text.LANGUAGE.vtt for subtitles and sealed.json; then poster.jpg, tiles-N.jpg and storyboard.vtt, if there are stills.
// What it will never do: hold up the live path (it hears facts, and loses them if it is too slow); write to bytes that are
// written; serve a part that does not match its record.
//
// Durability: a spool is only appended to. Whatever ends the process, what was appended stays; the next start cuts off the part
// that was being written and seals the recording. Spools are synced every SyncEvery, so a power cut costs so much at most.
// Blobs (package blob) are not used, for they come into being whole.
//
// A full disk, or any other error in writing, stops the recording and not the broadcast: the log, the status and a figure say
// so, and it is tried again every RetryEvery. What was published meanwhile and is no longer at the origin is a hole, which
// playlists name as a gap.
package record
