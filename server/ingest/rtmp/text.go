package rtmp

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/bluenviron/gortmplib/pkg/amf0"

	"shoal/server/ingest"
)

const (
	// languageUnsaid is the language of texts when neither they nor the stream key say one: most encoders that send texts mean it.
	languageUnsaid = "en"
	// captionDataMax bounds what onCaptionInfo carries: 31 groups of three bytes, in base64.
	captionDataMax = 256
)

// data takes a data message: onTextData is a text to be shown, onCaptionInfo holds captions, anything else is metadata.
func (p *publication) data(data amf0.Data) {
	var name string
	for n, v := range data {
		text, ok := v.(string)
		if !ok || n > 1 { // onTextData, or @setDataFrame and then onTextData
			break
		}
		name = text
	}
	switch name {
	case "onTextData":
		for _, o := range objects(data) {
			p.textData(o)
		}
	case "onCaptionInfo":
		for _, o := range objects(data) {
			p.captionInfo(o)
		}
	default:
		p.metadata(data)
	}
}

// objects are those of a message.
func objects(data amf0.Data) (all []amf0.Object) {
	for _, v := range data {
		switch v := v.(type) {
		case amf0.Object:
			all = append(all, v)
		case amf0.ECMAArray:
			all = append(all, amf0.Object(v))
		}
	}
	return all
}

// textData takes a text, as ffmpeg and other encoders send it: {text, language, trackid}, of which the first alone must be there.
func (p *publication) textData(o amf0.Object) {
	text, ok := o.GetString("text")
	if !ok || p.say == nil {
		return
	}
	language, _ := o.GetString("language")
	if language = ingest.Language(language); language == "" {
		language = p.language
	}
	p.say(language, strings.TrimSpace(text))
}

// captionInfo takes captions of CEA-608 and CEA-708 that come beside the picture: {type: "708", data: base64}. The next picture carries
// them.
func (p *publication) captionInfo(o amf0.Object) {
	kind, _ := o.GetString("type")
	text, _ := o.GetString("data")
	if kind != "708" || len(text) > captionDataMax {
		return
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return
	}
	p.mender.Caption(captionGroups(b))
}

// captionGroups reads what onCaptionInfo carries: a length in four bytes, then cc_data as in ATSC A/53 (flags and count, a byte that
// says nothing, groups of three).
func captionGroups(b []byte) (groups [][3]byte) {
	const head, process, counted = 6, 0x40, 0x1F
	if len(b) < head || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) || b[4]&process == 0 {
		return nil
	}
	n := int(b[4] & counted)
	b = b[head:]
	if len(b) < 3*n {
		return nil
	}
	for group := range slices.Chunk(b[:3*n], 3) {
		groups = append(groups, [3]byte(group))
	}
	return groups
}
