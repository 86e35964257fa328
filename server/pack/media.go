package pack

import "shoal/segment"

// Options says how a playlist is asked for.
type Options struct {
	Skip bool // _HLS_skip=YES: leave out what the asker has
}

// MediaPlaylist writes the LL-HLS playlist (RFC 8216bis) of a track. windows are all tracks of the epoch, by number. It
// returns nil while the track has no part.
func MediaPlaylist(windows []Window, track segment.Track, options Options) []byte { return nil }
