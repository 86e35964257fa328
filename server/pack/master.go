package pack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"shoal/segment"
	"shoal/server/ingest"
)

// audioGroup is the name that ties the sound to the pictures.
const audioGroup = "sound"

// MasterPlaylist writes the multivariant playlist. tracks and windows are all tracks of the epoch, by number; a track
// without a part, or that rests, is left out. texts are the languages of subtitles. It returns nil while no track has one.
func MasterPlaylist(tracks []ingest.Track, windows []Window, captions Captions, texts []string) []byte {
	var video, audio []int
	independent := true
	for i := range min(len(tracks), len(windows)) {
		if len(windows[i].Entries) == 0 || windows[i].Resting {
			continue
		}
		if tracks[i].Kind == segment.Video {
			video = append(video, i)
		} else {
			audio = append(audio, i)
		}
		for _, s := range windows[i].segments() {
			independent = independent && s.entries[0].Independent
		}
	}
	if len(video)+len(audio) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:%d\n", playlistVersion)
	if independent {
		b.WriteString("#EXT-X-INDEPENDENT-SEGMENTS\n")
	}
	if len(video) == 0 {
		// The first sound alone: players would take a second one for another quality of it, and change between languages.
		variant(&b, tracks, windows, audio[:1], "")
		return []byte(b.String())
	}
	named := soundNames(tracks, audio)
	for n, i := range audio {
		choice, language := "NO", ""
		if n == 0 {
			choice = "YES"
		}
		if tracks[i].Language != "" {
			language = fmt.Sprintf(`LANGUAGE="%s",`, tracks[i].Language)
		}
		fmt.Fprintf(&b, `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="%s",%sNAME="%s",DEFAULT=%s,AUTOSELECT=YES,CHANNELS="%d",URI="%s"`+"\n",
			audioGroup, language, named[n], choice, channels(tracks[i]), MediaURI(windows[i].Track))
	}
	captions.media(&b)
	subtitles(&b, texts)
	var pictures []ingest.Track
	for _, i := range video {
		pictures = append(pictures, tracks[i])
	}
	var groups strings.Builder
	if len(audio) > 0 {
		fmt.Fprintf(&groups, `,AUDIO="%s"`, audioGroup)
	}
	if len(texts) > 0 {
		fmt.Fprintf(&groups, `,SUBTITLES="%s"`, textGroup)
	}
	switch {
	case captions.Seen.Any():
		fmt.Fprintf(&groups, `,CLOSED-CAPTIONS="%s"`, captionGroup)
	case captions.none(pictures):
		groups.WriteString(",CLOSED-CAPTIONS=NONE")
	}
	for _, i := range video {
		variant(&b, tracks, windows, append([]int{i}, audio...), groups.String())
	}
	return []byte(b.String())
}

// soundNames are what people choose sounds by: their languages, or their numbers. No two are the same (RFC 8216bis, 4.4.6.1.1).
func soundNames(tracks []ingest.Track, audio []int) (all []string) {
	for n, i := range audio {
		name := ingest.LanguageName(tracks[i].Language)
		if name == "" {
			name = fmt.Sprintf("Sound %d", n+1)
		}
		if slices.Contains(all, name) {
			name = fmt.Sprintf("%s %d", name, n+1)
		}
		all = append(all, name)
	}
	return all
}

// variant writes one choice: the first of members is its media playlist, the others are the sound it may go with, of
// which one is heard at a time. groups are the attributes that name what goes with it.
func variant(b *strings.Builder, tracks []ingest.Track, windows []Window, members []int, groups string) {
	var names []string
	target := time.Duration(TargetDuration(windows)) * time.Second
	peak, average := bitrate(windows[members[0]], target)
	soundPeak, soundAverage := 0, 0
	for n, i := range members {
		if name := CodecName(tracks[i]); !slices.Contains(names, name) {
			names = append(names, name)
		}
		if n > 0 {
			p, a := bitrate(windows[i], target)
			soundPeak, soundAverage = max(soundPeak, p), max(soundAverage, a)
		}
	}
	fmt.Fprintf(b, `#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,CODECS="%s"`,
		peak+soundPeak, average+soundAverage, strings.Join(names, ","))
	width, height, rate := Picture(tracks[members[0]])
	if width > 0 && height > 0 {
		fmt.Fprintf(b, ",RESOLUTION=%dx%d", width, height)
	}
	if rate > 0 {
		fmt.Fprintf(b, ",FRAME-RATE=%.3f", rate)
	}
	fmt.Fprintf(b, "%s\n%s\n", groups, MediaURI(windows[members[0]].Track))
}

// bitrate returns the bits per second of a window: the peak and the average segment bit rate of RFC 8216bis (4.1). The open segment
// counts only while there is no other, for its one part with the key frame would stand for a peak.
func bitrate(w Window, target time.Duration) (peak, average int) {
	var whole []stretch
	for _, s := range w.segments() {
		if s.duration > 0 && (s.done || len(whole) == 0) {
			whole = append(whole, s)
		}
	}
	var size int
	var lasts time.Duration
	for i, s := range whole {
		size += s.size
		lasts += s.duration
		peak = max(peak, widest(whole[i:], target))
	}
	if peak == 0 { // all of it is shorter than half a target duration
		peak = perSecond(size, lasts)
	}
	return peak, perSecond(size, lasts)
}

// widest is the largest bit rate of the first segments in a row that together last 0.5 to 1.5 target durations, and half a second.
func widest(segments []stretch, target time.Duration) (most int) {
	var size int
	var lasts time.Duration
	for _, s := range segments {
		size += s.size
		lasts += s.duration
		if lasts > target*3/2+time.Second/2 {
			break
		}
		if lasts >= target/2 {
			most = max(most, perSecond(size, lasts))
		}
	}
	return most
}

func perSecond(size int, d time.Duration) int {
	if d <= 0 {
		return 0
	}
	return int(float64(size) * 8 / d.Seconds())
}
