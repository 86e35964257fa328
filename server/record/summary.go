package record

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"shoal/id"
	"shoal/server/pack"
	"shoal/server/pack/caption"
)

// Summary is what is told of a recording or a clip.
type Summary struct {
	Key      Key
	Name     id.Name       // of the channel, when it was recorded
	Title    string        // of a clip, or of what was uploaded; "" for a recording of what was live
	Started  time.Time     // of what was uploaded, and of clips of it, when it came
	Ended    time.Time     // the same
	Lasts    time.Duration // as played: what lies between two runs of the publisher is not in it
	Bytes    int64         // of parts
	Chapters []Chapter
	Declared time.Duration // how long playlists say that segments are at most: what live ones said; 0 is as long as they are
	Growing  bool          // the broadcast goes on
	Pictured bool          // it has stills
	Changed  bool          // its picture or its sound changed its form: it cannot be one file
	Ladder   string        // the ladder whose rungs it has as far as they were worth it; "": it was not looked at
	// Captions are those inside the pictures. Over says that all of it was listened for; a recording that a crash broke off does not know.
	Captions pack.Captions
}

// Uploaded reports whether it was uploaded, and not live: only that has a title without being a clip.
func (s Summary) Uploaded() bool { return s.Title != "" && s.Key.Clip == "" }

// Chapter is where the publisher began, or came back.
type Chapter struct {
	At   time.Duration // in the recording
	Wall time.Time
}

const (
	// chaptersMax bounds the chapters that are told: beyond it the publisher's line is so poor that nobody can read them.
	chaptersMax = 200
	// summaryMax bounds sealed.json.
	summaryMax = 64 << 10
	sealedFile = "sealed.json"
	// sealedVersion is of sealed.json.
	sealedVersion = 1
)

// sealedJSON is sealed.json: times in milliseconds.
type sealedJSON struct {
	Version  int           `json:"version"`
	Name     string        `json:"name"`
	Epoch    uint64        `json:"epoch"`
	Title    string        `json:"title,omitempty"`
	Started  int64         `json:"started_ms"`
	Ended    int64         `json:"ended_ms"`
	Lasts    int64         `json:"lasts_ms"`
	Bytes    int64         `json:"bytes"`
	Declared int64         `json:"declared_ms,omitempty"`
	Changed  bool          `json:"changed,omitempty"`
	Ladder   string        `json:"ladder,omitempty"`
	Chapters []chapterJSON `json:"chapters"`
	Captions *[]string     `json:"captions,omitempty"` // as INSTREAM-ID names them; not there: not known
}

type chapterJSON struct {
	At   int64 `json:"at_ms"`
	Wall int64 `json:"wall_ms"`
}

func (s Summary) marshal() ([]byte, error) {
	j := sealedJSON{
		Version: sealedVersion, Name: string(s.Name), Epoch: s.Key.Epoch, Title: s.Title, Bytes: s.Bytes, Changed: s.Changed, Ladder: s.Ladder,
		Started: s.Started.UnixMilli(), Ended: s.Ended.UnixMilli(), Lasts: s.Lasts.Milliseconds(), Declared: s.Declared.Milliseconds(),
	}
	for _, c := range s.Chapters {
		j.Chapters = append(j.Chapters, chapterJSON{c.At.Milliseconds(), c.Wall.UnixMilli()})
	}
	if ids := append([]string{}, s.Captions.Seen.IDs()...); s.Captions.Over || len(ids) > 0 {
		j.Captions = &ids
	}
	return json.MarshalIndent(j, "", "  ")
}

var errSealed = errors.New("sealed.json is not what this program writes")

// lastsMax bounds the times that are believed: a hundred years.
const lastsMax = 100 * 365 * 24 * time.Hour

// parseSealed reads sealed.json.
func parseSealed(b []byte, key Key) (Summary, error) {
	var j sealedJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return Summary{}, errors.Join(errSealed, err)
	}
	name, err := id.ParseName(j.Name)
	if err != nil || j.Version != sealedVersion || j.Bytes < 0 || j.Lasts < 0 || j.Lasts > lastsMax.Milliseconds() || j.Ended < j.Started ||
		j.Started < 0 || len(j.Chapters) > chaptersMax || key.Clip == "" && j.Epoch != key.Epoch || len(j.Title) > TitleMax || len(j.Ladder) > ladderMax ||
		j.Declared < 0 || j.Declared > declaredMax.Milliseconds() {
		return Summary{}, errSealed
	}
	key.Epoch = j.Epoch
	s := Summary{
		Key: key, Name: name, Title: j.Title, Bytes: j.Bytes, Changed: j.Changed, Ladder: j.Ladder,
		Started: time.UnixMilli(j.Started).UTC(), Ended: time.UnixMilli(j.Ended).UTC(), Lasts: time.Duration(j.Lasts) * time.Millisecond,
		Declared: time.Duration(j.Declared) * time.Millisecond,
	}
	if j.Captions != nil {
		s.Captions = pack.Captions{Seen: caption.Parse(*j.Captions), Over: true}
	}
	for _, c := range j.Chapters {
		if c.At < 0 || c.At > j.Lasts {
			return Summary{}, errSealed
		}
		s.Chapters = append(s.Chapters, Chapter{At: time.Duration(c.At) * time.Millisecond, Wall: time.UnixMilli(c.Wall).UTC()})
	}
	return s, nil
}

// ladderMax bounds how a ladder is called.
const ladderMax = 100

// TitleMax bounds a title, in bytes.
const TitleMax = 100

func clipped(title string) string { return strings.ToValidUTF8(title[:min(len(title), TitleMax)], "") }
