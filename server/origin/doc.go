// Package origin keeps the live edge, signs it and serves it.
//
// What it is: an Origin holds for each channel the newest broadcasts (epochs). A Broadcast takes finished parts from one
// goroutine: cuts each into pieces, hashes them, signs the part's record with a session key that the channel's identity
// certified, chains it to the record before, keeps the bytes, and says so as facts. Playlists are pack's, rendered from
// a window of what is kept; a playlist, or the part that it hints at, can be waited for. Peers that seed are sent their stripes
// of every part in one long answer (Stripes).
// Who calls it: live opens, feeds and ends broadcasts; api reads; the tracker asks for what is recent.
// What it owns: the bytes of the live window in memory, once more in files in memory where many ask (sheet.go), session keys, and the count of bytes written to viewers. The
// live path never touches a disk: a slow or full one cannot hurt the picture.
// What it will never do: cut, repair or invent media; sign one seq of a track twice; keep a goroutine per waiter; let
// a broadcast grow without end.
//
// How long a part can be fetched: while its segment is in the playlist (Window), and Grace longer, for those who are
// reading. A broadcast that has ended is kept for EndedKeep, with ENDLIST, for viewers to finish.
//
// Session keys: certified for at most 24 h, replaced after RenewAfter. The next key's certificate is announced Overlap
// before the key signs, so that no viewer meets a part whose key it does not know. Time here is the media's wall clock,
// which does not jump when the machine's clock does.
package origin
