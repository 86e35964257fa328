package upload

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is taken.
const (
	// LastsMax is the longest video: as much as is kept of a broadcast.
	LastsMax = 12 * time.Hour
	// SideMax and PixelsMax bound the picture: 8K.
	SideMax   = 8192
	PixelsMax = 36_000_000
	// streamsMax bounds the streams of a file.
	streamsMax = 64
	// factsMax bounds what ffprobe may say.
	factsMax = 256 << 10
)

// facts are what ffprobe says of a file, as far as it matters here.
type facts struct {
	lasts        time.Duration // 0: the file does not say
	video, audio *stream       // audio is nil if there is none
}

// stream is a picture or a sound of a file.
type stream struct {
	index         int
	codec         string
	profile       string
	pixels        string // the form of its pixels
	width, height int    // as coded
	aspect        float64
	rate          float64 // pictures a second; 0: not known
	turned        int     // degrees; the picture is to be shown turned
	nalLength     int     // of H.264 in MP4; 0: does not apply
	channels      int
	sampleRate    int
}

// said is ffprobe's JSON.
type said struct {
	Streams []struct {
		Index       int    `json:"index"`
		Type        string `json:"codec_type"`
		Codec       string `json:"codec_name"`
		Profile     string `json:"profile"`
		Width       int    `json:"width"`
		Height      int    `json:"height"`
		Aspect      string `json:"sample_aspect_ratio"`
		Pixels      string `json:"pix_fmt"`
		AvgRate     string `json:"avg_frame_rate"`
		BaseRate    string `json:"r_frame_rate"`
		Duration    string `json:"duration"`
		NALLength   string `json:"nal_length_size"`
		SampleRate  string `json:"sample_rate"`
		Channels    int    `json:"channels"`
		Disposition struct {
			Attached int `json:"attached_pic"`
			Still    int `json:"still_image"`
		} `json:"disposition"`
		SideData []struct {
			Rotation float64 `json:"rotation"`
		} `json:"side_data_list"`
		Tags struct {
			Rotate string `json:"rotate"`
		} `json:"tags"`
	} `json:"streams"`
	Format struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

var errFacts = errors.New("ffprobe says what cannot be read")

// parseFacts reads what ffprobe says. It returns a refusal of a file that has no picture, or one that is beyond the bounds.
func parseFacts(b []byte) (facts, error) {
	var s said
	if err := json.Unmarshal(b, &s); err != nil {
		return facts{}, errors.Join(errFacts, err)
	}
	if len(s.Streams) > streamsMax {
		return facts{}, refusal(fmt.Sprintf("The file holds %d pictures, sounds and others; the most is %d.", len(s.Streams), streamsMax))
	}
	var f facts
	longest := seconds(s.Format.Duration)
	for _, line := range s.Streams {
		st := &stream{
			index: line.Index, codec: line.Codec, profile: line.Profile, pixels: line.Pixels, width: line.Width, height: line.Height,
			aspect: ratio(line.Aspect, ":"), rate: rateOf(ratio(line.BaseRate, "/"), ratio(line.AvgRate, "/")), channels: line.Channels, turned: turned(line.Tags.Rotate),
		}
		if line.NALLength != "" {
			st.nalLength, _ = strconv.Atoi(line.NALLength) // what is no number is none that is copied
			if st.nalLength == 0 && line.NALLength != "0" {
				st.nalLength = -1
			}
		}
		st.sampleRate, _ = strconv.Atoi(line.SampleRate)
		for _, side := range line.SideData {
			if degrees := int(side.Rotation); degrees != 0 {
				st.turned = degrees
			}
		}
		switch {
		case line.Type == "video" && f.video == nil && line.Disposition.Attached == 0 && line.Disposition.Still == 0:
			f.video = st
		case line.Type == "audio" && f.audio == nil && line.Channels > 0:
			f.audio = st
		default:
			continue
		}
		longest = max(longest, seconds(line.Duration))
	}
	f.lasts = longest
	return f, f.judge()
}

// judge returns a refusal of what is beyond the bounds.
func (f facts) judge() error {
	switch {
	case f.video == nil:
		return refusal("There is no picture in this file. Send a video.")
	case f.video.width <= 0 || f.video.height <= 0:
		return refusal("The picture's size cannot be found. Convert the file to MP4 anew.")
	case f.video.width > SideMax || f.video.height > SideMax || f.video.width*f.video.height > PixelsMax:
		return refusal(fmt.Sprintf("The picture has %d x %d pixels; the most is 8K. Make it smaller first.", f.video.width, f.video.height))
	case f.lasts > LastsMax:
		return refusal(fmt.Sprintf("The video lasts %v; the most is %v. Cut it into several.", f.lasts.Round(time.Minute), LastsMax))
	}
	return nil
}

// seconds reads a time; 0 is none.
func seconds(text string) time.Duration {
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(s) || s <= 0 {
		return 0
	}
	return time.Duration(min(s, 1e9) * float64(time.Second)) // 31 years: beyond LastsMax, and within the type
}

// ratio reads N/D or N:D; 0 is none.
func ratio(text, sign string) float64 {
	n, d, _ := strings.Cut(text, sign)
	above, err := strconv.ParseFloat(n, 64)
	below, err2 := strconv.ParseFloat(d, 64)
	if err != nil || err2 != nil || above <= 0 || below <= 0 {
		return 0
	}
	const least, most = 1e-3, 1e3
	if r := above / below; r >= least && r <= most {
		return r
	}
	return 0
}

// rateOf chooses between the rate that all times fit and the average, which is lower where a picture stood still. The first may be
// a clock's tick.
func rateOf(base, average float64) float64 {
	if base > 0 && base <= rateMax || average == 0 {
		return base
	}
	return average
}

func turned(text string) int {
	degrees, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return degrees
}
