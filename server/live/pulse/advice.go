package pulse

import (
	"fmt"
	"time"

	"shoal/server/ingest"
)

// Advice is one thing to do. Code is for programs, Says for people.
type Advice struct {
	Code string `json:"code"`
	Says string `json:"says"`
}

// From when on something is worth advice.
const (
	keyFar       = 4500 * time.Millisecond // segments are cut at key frames, and viewers join there
	keyNever     = 12 * time.Second
	silentLong   = 3 * time.Second
	behindMuch   = 2 * time.Second
	missingMuch  = 10 // frames in Window
	lostMuch     = 20 // packets in Window
	framesFew    = 15.0
	bitsMany     = 12_000_000
	bitsFew      = 300_000
	tallPicture  = 720
	restartsMany = 3
)

// advise says what to do about h, the most important first.
func advise(h Health) (all []Advice) {
	say := func(code, format string, args ...any) { all = append(all, Advice{code, fmt.Sprintf(format, args...)}) }
	if h.Picture == "" && h.Sound == "" {
		say("no_media", "The publisher is connected, but neither picture nor sound has come: start the stream in the encoder.")
		return all
	}
	if h.PictureSilent > silentLong {
		say("picture_stopped", "No picture for %.0f s: look whether the encoder still runs, and at your line.", h.PictureSilent.Seconds())
	}
	if h.SoundSilent > silentLong {
		say("sound_stopped", "No sound for %.0f s: look at the microphone or the mixer's output track.", h.SoundSilent.Seconds())
	}
	if h.Picture != "" && h.Sound == "" {
		say("no_sound", "There is no sound: if that is not meant, choose an audio track in the encoder, then restart the stream.")
	}
	if h.LeftOut > 0 {
		are := "are"
		if h.LeftOut == 1 {
			are = "is"
		}
		say("sounds_left_out", "%d of your sounds %s left out: a broadcast has room for %d. Send fewer.", h.LeftOut, are, ingest.SoundsMax)
	}
	for _, r := range h.Rungs {
		if r.LeftOut != "" {
			say("rung_left_out", "Picture %d of your ladder is left out: %s.", r.Number, r.LeftOut)
		}
	}
	if codec := unplayed(h.Picture); codec != nil && !h.plain {
		remedy := codec.remedy
		if remedy == useH264 && h.alone != "" {
			remedy += " " + h.alone
		}
		say("codec", "The picture is %s, which %s cannot play, and beside it there is no other that they can. %s", codec.name, codec.whose, remedy)
	}
	if h.Picture == "" {
		say("no_picture", "There is no picture: if that is not meant, look at the encoder's video output, then restart the stream.")
	}
	if h.Behind > behindMuch {
		say("behind", "The stream falls behind by %.1f s: your line or your computer is too slow for it. Lower the bitrate (now %s) or the picture size.",
			h.Behind.Seconds(), bits(h.BitsPerSecond))
	}
	if h.LostLately > lostMuch {
		say("line_loses", "The line lost %d packets in 10 s: raise the SRT latency (four times the ping, or more), or lower the bitrate.", h.LostLately)
	}
	if h.MissingLately > missingMuch {
		say("frames_missing", "%d frames are missing in the last 10 s: the encoder or the line drops them. Lower the bitrate, the frame rate or the encoder's preset.", h.MissingLately)
	}
	keys(h, say)
	if h.Picture != "" && h.FramesPerSec > 0 && h.FramesPerSec < framesFew {
		say("few_frames", "%.0f frames a second: movement will look jerky. Set 25, 30 or more.", h.FramesPerSec)
	}
	if h.BitsPerSecond > bitsMany {
		say("much_bitrate", "%s is more than many viewers' lines bear: 2 to 6 Mbit/s reaches more of them.", bits(h.BitsPerSecond))
	}
	if h.BitsPerSecond > 0 && h.BitsPerSecond < bitsFew && h.Height >= tallPicture {
		say("little_bitrate", "%s is little for a picture %d lines high: raise the bitrate, or send a smaller picture.", bits(h.BitsPerSecond), h.Height)
	}
	if h.Restarts >= restartsMany {
		say("jumping_clock", "The stream's clock jumped %d times: viewers see a jerk each time. Look at the encoder's source, and send one steady stream.", h.Restarts)
	}
	return all
}

func keys(h Health, say func(code, format string, args ...any)) {
	const remedy = "Set the key frame interval to 2 s (OBS: Settings > Output > Keyframe Interval)."
	switch {
	case h.KeyWaiting > max(keyNever, 2*h.KeyInterval):
		say("no_keys", "No key frame for %.0f s: nobody new can join. "+remedy, h.KeyWaiting.Seconds())
	case h.KeyInterval > keyFar:
		say("key_interval", "Key frames every %.0f s: viewers wait long to join. "+remedy, h.KeyInterval.Seconds())
	}
}

func bits(perSecond int64) string { return fmt.Sprintf("%.1f Mbit/s", float64(perSecond)/1e6) }
