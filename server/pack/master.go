package pack

import "shoal/server/ingest"

// MasterPlaylist writes the multivariant playlist. tracks and windows are all tracks of the epoch, by number; a track
// without a part is left out. It returns nil while no track has one.
func MasterPlaylist(tracks []ingest.Track, windows []Window) []byte { return nil }
