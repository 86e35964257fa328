package ladder

import (
	"fmt"
	"strconv"
	"strings"
)

// Times on the worker's pipes are in ticks of the source's pictures, and later than zero: B-frames may be decoded before their run begins.
const (
	ticks     = 90_000
	leadTicks = 10 * ticks
)

// Bounds inside the worker.
const (
	decodeThreads = 2 // each more holds a frame back
	encodeThreads = 2
	// keyFramesApart is beyond any source's distance: where key frames are, the source says.
	keyFramesApart = 100_000
	// constantQuality is libx264's usual quality; the rate bounds it from above.
	constantQuality = 23
)

// encoder is one way of writing H.264.
type encoder struct {
	name     string
	global   []string // before the input
	upload   string   // what is behind the scaling
	settings func(kbit int) []string
	hardware bool // needs the machine's devices
}

func rate(kbit int) []string {
	r := strconv.Itoa(kbit) + "k"
	return []string{"-maxrate", r, "-bufsize", r}
}

func rated(kbit int) []string {
	return append([]string{"-b:v", strconv.Itoa(kbit) + "k"}, rate(kbit)...)
}

// encoders are tried in this order: the machine's own circuits first, as they leave its processors to the live. They pass on the
// captions inside the source (a53cc), but for VAAPI's, which older ffmpegs cannot tell to.
func encoders() []encoder {
	return []encoder{
		{name: "h264_nvenc", hardware: true, settings: func(kbit int) []string {
			return append(rated(kbit), "-preset", "p3", "-tune", "ll", "-rc", "vbr", "-bf", "0", "-forced-idr", "1", "-no-scenecut", "1", "-a53cc", "1")
		}},
		{name: "h264_qsv", hardware: true, settings: func(kbit int) []string {
			return append(rated(kbit), "-preset", "veryfast", "-bf", "0", "-forced_idr", "1", "-async_depth", "1", "-a53cc", "1")
		}},
		{
			name: "h264_vaapi", hardware: true, global: []string{"-vaapi_device", "/dev/dri/renderD128"}, upload: ",format=nv12,hwupload",
			settings: func(kbit int) []string { return append(rated(kbit), "-bf", "0") },
		},
		{name: "libx264", upload: ",format=yuv420p", settings: func(kbit int) []string {
			return append(rate(kbit), "-crf", strconv.Itoa(constantQuality), "-preset", "veryfast", "-tune", "zerolatency",
				"-threads", strconv.Itoa(encodeThreads), "-sc_threshold", "0", "-forced-idr", "1", "-a53cc", "1")
		}},
	}
}

// decoders are what may read a source, whoever sent it: those of what Enhanced RTMP carries.
const decoders = "h264,hevc,av1,libdav1d,libaom-av1,vp9,rawvideo"

// guarded are the options that keep a worker from opening anything: input comes by pipe, in one form.
func guarded(form string, global []string) []string {
	args := append([]string{"-hide_banner", "-nostdin", "-loglevel", "error", "-nostats"}, global...)
	return append(args, "-protocol_whitelist", "pipe", "-format_whitelist", form, "-codec_whitelist", decoders)
}

// arguments is the worker's command line. Of each size it makes the frames that are shown at from, in ticks, or later.
func arguments(e encoder, sizes []size, from []int64) []string {
	args := append(guarded("mov", e.global), "-probesize", "65536", "-analyzeduration", "0", "-copyts",
		"-threads", strconv.Itoa(decodeThreads), "-f", "mov", "-i", "pipe:0")
	var graph strings.Builder
	fmt.Fprintf(&graph, "[0:v]split=%d", len(sizes))
	for i := range sizes {
		fmt.Fprintf(&graph, "[s%d]", i)
	}
	for i, s := range sizes {
		fmt.Fprintf(&graph, `;[s%d]select=gte(pts\,%d),scale=%d:%d%s[o%d]`, i, from[i], s.width, s.height, e.upload, i)
	}
	args = append(args, "-filter_complex", graph.String())
	for i, s := range sizes {
		args = append(args, "-map", fmt.Sprintf("[o%d]", i))
		args = append(args, output(e, s.kbit, firstPipe+i, "source")...)
	}
	return args
}

// firstPipe is the first output's file descriptor in the worker: after input, output and error.
const firstPipe = 3

// output writes one rung: every frame as soon as it is made, at its own time, with key frames where keys says.
func output(e encoder, kbit, pipe int, keys string) []string {
	args := append([]string{"-c:v", e.name}, e.settings(kbit)...)
	return append(args, "-g", strconv.Itoa(keyFramesApart), "-force_key_frames", keys, "-fps_mode", "passthrough",
		"-enc_time_base", fmt.Sprintf("1:%d", ticks), "-video_track_timescale", strconv.Itoa(ticks),
		"-avoid_negative_ts", "disabled", "-movflags", "+cmaf+frag_every_frame+empty_moov+default_base_moof+frag_discont+skip_trailer",
		"-flush_packets", "1", "-f", "mp4", fmt.Sprintf("pipe:%d", pipe))
}

// trial is the command line that encodes raw frames of a size: it shows what a machine can do.
func trial(e encoder, width, height, kbit int) []string {
	args := append(guarded("rawvideo", e.global), "-f", "rawvideo", "-pixel_format", "yuv420p",
		"-video_size", fmt.Sprintf("%dx%d", width, height), "-framerate", "30", "-i", "pipe:0", "-vf", "null"+e.upload)
	return append(args, output(e, kbit, firstPipe, "expr:not(n)")...)
}
