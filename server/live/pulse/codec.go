package pulse

import "strings"

// codec is one that some browsers do not play.
type codec struct {
	begins string // how playlists name it
	name   string // for people
	whose  string // who cannot play it
	remedy string
}

// What to do instead. A server makes its rungs in H.264: Alone says what stands against that.
const (
	useH264  = "Choose H.264 (OBS: Settings > Output > Video Encoder)."
	usePlain = "Choose the color format NV12 (OBS: Settings > Advanced; ffmpeg: -pix_fmt yuv420p), and the profile High."
)

// some are the codecs that we take and some browsers do not play, by what they play in Media Source in 2026: H.265 where the device decodes
// it in hardware (Chrome, Edge, Firefox) or at all (Safari); AV1 everywhere but on Apple's devices without a decoder (before the M3 and the
// iPhone 15 Pro); VP9 everywhere but in Safari before iOS 17.4, and in players that take HLS as Apple wrote it. Of H.264 eight bits in
// 4:2:0 is what all play: Chrome's software takes more, decoders in hardware, Safari and Firefox do not.
var some = [...]codec{
	{"hvc1", "H.265 (HEVC)", "many browsers", useH264},
	{"hev1", "H.265 (HEVC)", "many browsers", useH264},
	{"av01", "AV1", "many iPhones, iPads and Macs", useH264},
	{"vp09", "VP9", "older iPhones and iPads, and many players outside browsers,", useH264},
	{"avc1.6e", "H.264 with 10 bits", "many browsers", usePlain},
	{"avc1.7a", "H.264 with the colors 4:2:2", "many browsers", usePlain},
	{"avc1.f4", "H.264 with the colors 4:4:4", "many browsers", usePlain},
}

// unplayed returns what is to be said of a codec as playlists name it, nil if every browser plays it.
func unplayed(name string) *codec {
	name = strings.ToLower(name)
	for i := range some {
		if strings.HasPrefix(name, some[i].begins) {
			return &some[i]
		}
	}
	return nil
}
