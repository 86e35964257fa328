package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"shoal/id"
	"shoal/segment"
	"shoal/server/channel"
	"shoal/server/ingest"
	"shoal/server/live"
	"shoal/server/origin"
	"shoal/server/pack/subtitle"
	"shoal/server/record"
)

// Texts takes and gives subtitles.
type Texts interface {
	// Caption adds cues to a broadcast's subtitles; their times count from at.
	Caption(channel id.Channel, language string, at time.Time, cues []subtitle.Cue) error
	// Attach puts subtitles beside a recording; none takes them away.
	Attach(channel id.Channel, epoch uint64, language string, cues []subtitle.Cue) error
	TextPart(ctx context.Context, name id.Name, part segment.Part, language string) ([]byte, error)
	TextSegment(name id.Name, epoch uint64, track segment.Track, msn uint64, language string) ([]byte, error)
}

const (
	// captionsPerMinute is how often one network may send live subtitles: a word at a time, quickly spoken.
	captionsPerMinute = 600
	// captionBodyMax bounds one message of live subtitles.
	captionBodyMax = 64 << 10
	// captionWithin is how long a sender may take to send a body.
	captionWithin = 30 * time.Second
	textType      = "text/vtt; charset=utf-8"
)

var (
	errLanguage = &problem{http.StatusBadRequest, "language", "Say in which language the subtitles are: ?lang=en, ?lang=pt-BR."}
	errTexts    = &problem{http.StatusConflict, "full", "There are subtitles in as many languages as there may be."}
)

func (a *API) textRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/v1/channels/{name}/captions", a.takeLiveText)
	mux.HandleFunc("PUT /api/v1/channels/{name}/recordings/{epoch}/captions", a.takeText)
	mux.HandleFunc("GET /hls/{name}/{epoch}/text/{language}/{file}", a.watched(a.text))
	mux.HandleFunc("GET /clips/{name}/{clip}/text/{language}/{file}", a.watched(a.clipText))
}

// takeLiveText adds cues to what is live: a body of WebVTT, whose times count from now.
func (a *API) takeLiveText(w http.ResponseWriter, r *http.Request) {
	arrived := a.config.Now()
	c, language, cues, err := a.sentText(w, r, captionBodyMax)
	if err == nil {
		err = a.rooms.Texts.Caption(c.ID, language, arrived, cues)
	}
	switch {
	case errors.Is(err, live.ErrNotLive), errors.Is(err, origin.ErrOver):
		err = errNotLive
	case errors.Is(err, origin.ErrTexts):
		err = errTexts
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// takeText puts subtitles beside a recording: a file of WebVTT, whose times count from its beginning. One without cues takes them away.
func (a *API) takeText(w http.ResponseWriter, r *http.Request) {
	c, language, cues, err := a.sentText(w, r, subtitle.FileMax)
	epoch, epochErr := parseNumber(r.PathValue("epoch"))
	if err = cmp.Or(err, epochErr); err == nil {
		err = a.rooms.Texts.Attach(c.ID, epoch, language, cues)
	}
	switch {
	case errors.Is(err, record.ErrTexts):
		err = errTexts
	case errors.Is(err, subtitle.ErrForm):
		err = unreadable(err)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// sentText reads what a request with the stream key sends.
func (a *API) sentText(w http.ResponseWriter, r *http.Request, most int64) (c channel.Channel, language string, cues []subtitle.Cue, err error) {
	if a.rooms.Texts == nil {
		return c, "", nil, errNoRoute
	}
	if c, err = a.named(r); err == nil {
		err = a.mayManage(r, c, a.texts)
	}
	if err != nil {
		return c, "", nil, err
	}
	said := r.URL.Query().Get("lang")
	if long := tooLong("The language behind lang=", said, ingest.LanguageMax); long != nil {
		return c, "", nil, long
	}
	if language = ingest.Language(said); language == "" {
		return c, "", nil, errLanguage
	}
	_ = http.NewResponseController(w).SetReadDeadline(a.config.Now().Add(captionWithin)) // a recorder in a test has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if large := tooLarge(r, "The text", err); large != nil {
		return c, "", nil, large
	}
	if err != nil {
		return c, "", nil, errMalformed
	}
	if cues, err = subtitle.Parse(body); err != nil {
		return c, "", nil, unreadable(err)
	}
	return c, language, cues, nil
}

func unreadable(err error) *problem {
	return &problem{http.StatusBadRequest, "webvtt", "The body is to be WebVTT: " + err.Error() + "."}
}

// textPlaylist cuts the language out of the name of a playlist of subtitles.
func textPlaylist(file string) (language string, ok bool) {
	language, ok = cut(file, "text.", ".m3u8")
	return language, ok && ingest.Language(language) == language && language != ""
}

// wholeText answers all subtitles of a recording or a clip in a language, as one file.
func (a *API) wholeText(w http.ResponseWriter, r *http.Request, rec *record.Recording, language string) {
	b, err := rec.WholeText(language)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.write(w, r, b, textType, "no-cache")
}

// clipText answers the subtitles of a segment of a clip.
func (a *API) clipText(w http.ResponseWriter, r *http.Request) {
	open(w)
	digits, ok := cut(r.PathValue("file"), "s", ".vtt")
	n, err := parseNumber(digits)
	if err != nil || !ok {
		a.refuse(w, r, errNoRoute)
		return
	}
	clip, err := a.clipOf(r)
	var out []byte
	if err == nil {
		out, err = clip.Text(r.PathValue("language"), n)
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.write(w, r, out, textType, "no-cache")
}

// text answers the subtitles of a part or a segment: what is live, then what is recorded.
func (a *API) text(w http.ResponseWriter, r *http.Request) {
	open(w)
	name, epoch, ok := a.broadcast(w, r)
	if !ok {
		return
	}
	language, file := r.PathValue("language"), r.PathValue("file")
	part, isPart := cut(file, "p", ".vtt")
	whole, isSegment := cut(file, "s", ".vtt")
	n, err := parseNumber(part + whole)
	if err != nil || !isPart && !isSegment || a.rooms.Texts == nil {
		a.refuse(w, r, errNoRoute)
		return
	}
	var out []byte
	if isPart {
		err = a.held(r, func() (err error) {
			out, err = a.rooms.Texts.TextPart(r.Context(), name, segment.Part{Epoch: epoch, Track: origin.TextTrack, Seq: n}, language)
			return err
		})
	} else {
		out, err = a.rooms.Texts.TextSegment(name, epoch, origin.TextTrack, n, language)
	}
	if errors.Is(err, origin.ErrNotFound) && isSegment {
		if rec, recErr := a.recordingOf(r); recErr == nil {
			out, err = rec.Text(language, n)
		}
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.write(w, r, out, textType, "no-cache") // what is said late stands in what is asked for later
}
