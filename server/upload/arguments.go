package upload

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// What ffmpeg may decode: what cameras, phones, screen recorders and editors write.
const decoders = "h264,hevc,av1,libdav1d,libaom-av1,vp8,libvpx,vp9,libvpx-vp9,mpeg4,mpeg2video,mpeg1video,mjpeg,prores,dnxhd,h263,flv," +
	"ffv1,rawvideo,aac,aac_latm,mp3,mp3float,mp2,mp2float,opus,libopus,vorbis,ac3,eac3,dca,truehd,mlp,amrnb,amrwb,flac,alac," +
	"pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_f32le,pcm_u8,pcm_alaw,pcm_mulaw,speex,nellymoser"

// besides is what may stand in a file beside what is taken: ffprobe gives up a whole file for one stream that it may not look at.
const besides = ",png,bmp,gif,mov_text,subrip,srt,ass,ssa,webvtt,text,dvdsub,dvbsub,pgssub,cc_dec"

const (
	// allocMax bounds one piece of memory that ffmpeg asks for.
	allocMax = 512 << 20
	// packageTicks are the ticks a second of what ffmpeg writes of a picture.
	packageTicks = 90_000
	// fragmentLasts is how much of the video one fragment holds, in microseconds. Fragments of one sample each would be simpler, but
	// ffmpeg 5 misreckons the times of sound beside a picture in them.
	fragmentLasts = 200_000
	// keysEvery is how far apart key frames are in what is encoded anew: a segment.
	keysEvery = 2
	// The largest picture that is encoded: more takes an evening of an ordinary machine.
	longSide, shortSide = 1920, 1080
	rateMax, rateGuess  = 60, 30 // pictures a second
	kbitMax             = 8000
	soundKbit           = 160
	quality             = 21
	encodeThreads       = 2
)

// guarded are the options that keep ffmpeg to one file of one form.
func guarded(f form, decoders string) []string {
	return []string{
		"-hide_banner", "-loglevel", "error", "-max_alloc", strconv.Itoa(allocMax),
		"-protocol_whitelist", "file", "-format_whitelist", string(f), "-codec_whitelist", decoders,
		"-max_pixels", strconv.Itoa(PixelsMax), "-probesize", "20000000", "-analyzeduration", "10000000",
		"-f", string(f),
	}
}

// probing is ffprobe's command line.
func probing(f form) []string {
	return append(guarded(f, decoders+besides), "-show_entries",
		"format=duration:stream=index,codec_type,codec_name,profile,width,height,sample_aspect_ratio,pix_fmt,avg_frame_rate,r_frame_rate,"+
			"duration,nal_length_size,sample_rate,channels:stream_disposition=attached_pic,still_image:stream_side_data=rotation:stream_tags=rotate",
		"-of", "json=compact=1", "-i", Input)
}

// plan is what is done with a file's picture and sound.
type plan struct {
	copyVideo, copyAudio bool
}

// planOf copies what browsers play, everywhere, as it is; all else is encoded anew. HEVC is not copied: most browsers show none.
func planOf(f facts, of form) plan {
	v, p := f.video, plan{}
	pixels := []string{"yuv420p", "yuvj420p"}
	switch v.codec {
	case "h264":
		profiles := []string{"Constrained Baseline", "Baseline", "Main", "High", "Progressive High", "Constrained High"}
		p.copyVideo = slices.Contains(profiles, v.profile) && (v.nalLength == 0 || v.nalLength == 4)
	case "vp9", "av1":
		p.copyVideo = v.profile == "Profile 0" || v.profile == "Main"
	}
	p.copyVideo = p.copyVideo && slices.Contains(pixels, v.pixels) && v.turned%360 == 0
	if a := f.audio; a != nil && !(of == formTS && a.codec == "aac") { // there AAC is described by its samples alone, and too late
		p.copyAudio = a.codec == "aac" && a.profile == "LC" && a.channels <= 6 || a.codec == "opus" && a.channels <= 2
	}
	return p
}

// packaging is ffmpeg's command line: fragmented MP4 on its standard output.
func packaging(form form, f facts, p plan) []string {
	args := append([]string{"-nostdin", "-nostats"}, guarded(form, decoders)...)
	args = append(args, "-threads", strconv.Itoa(encodeThreads), "-i", Input, "-map", "0:"+strconv.Itoa(f.video.index))
	if f.audio != nil {
		args = append(args, "-map", "0:"+strconv.Itoa(f.audio.index))
	}
	args = append(args, "-map_metadata", "-1", "-map_chapters", "-1", "-sn", "-dn")
	if p.copyVideo {
		args = append(args, "-c:v", "copy")
	} else {
		width, height := target(f.video)
		rate := strconv.FormatFloat(encodedRate(f.video.rate), 'f', 3, 64)
		args = append(args, "-vf", fmt.Sprintf("scale=%d:%d,setsar=1,format=yuv420p", width, height), "-fps_mode", "cfr", "-r", rate,
			"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", strconv.Itoa(quality),
			"-maxrate", fmt.Sprintf("%dk", kbitMax), "-bufsize", fmt.Sprintf("%dk", 2*kbitMax),
			"-force_key_frames", fmt.Sprintf("expr:gte(t,n_forced*%d)", keysEvery), "-threads", strconv.Itoa(encodeThreads))
	}
	if f.audio != nil {
		if p.copyAudio {
			args = append(args, "-c:a", "copy")
		} else {
			args = append(args, "-c:a", "aac", "-b:a", fmt.Sprintf("%dk", soundKbit), "-ac", strconv.Itoa(min(f.audio.channels, 2)), "-ar", "48000")
		}
	}
	return append(args, "-avoid_negative_ts", "make_zero", "-video_track_timescale", strconv.Itoa(packageTicks),
		"-movflags", "+empty_moov+default_base_moof+frag_discont+skip_trailer", "-frag_duration", strconv.Itoa(fragmentLasts),
		"-frag_size", strconv.Itoa(fragmentBytes), "-f", "mp4", "pipe:1")
}

// encodedRate is how many pictures a second are encoded of what has so many; 0 is not known.
func encodedRate(rate float64) float64 {
	if rate == 0 {
		return rateGuess
	}
	return max(1, min(rate, rateMax))
}

// target is the size that a picture is encoded with: as it is shown, no larger than longSide x shortSide, and even.
func target(v *stream) (width, height int) {
	w, h := float64(v.width), float64(v.height)
	if v.aspect > 0 {
		w *= v.aspect
	}
	if v.turned%180 != 0 {
		w, h = h, w
	}
	scale := min(1, longSide/max(w, h), shortSide/min(w, h))
	even := func(n float64) int { return max(2, int(math.Round(n*scale/2))*2) }
	return even(w), even(h)
}
