package gate

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"shoal/server/ingest"
)

// ErrKey is what a Door returns, wrapped or not, for a stream key that no channel has, or not the one that was named.
var ErrKey = errors.New("no channel has this stream key")

// ErrCut is why a publication ended whose place was taken away.
var ErrCut = errors.New("the server took its place away: another publisher took over, or the key was replaced")

// InWords returns an error that is err, and says something else in the log.
func InWords(err error, words string) error { return &inWords{err, words} }

type inWords struct {
	err   error
	words string
}

func (e *inWords) Error() string { return e.words }
func (e *inWords) Unwrap() error { return e.err }

// The protocols, as figures and pages call them.
const (
	RTMP  = "rtmp"
	RTMPS = "rtmps"
	SRT   = "srt"
	WHIP  = "whip"
)

// Why a publisher is refused, as figures call it.
const (
	WhyKey        = "key"        // wrong, or of another channel
	WhyPassphrase = "passphrase" // wrong, or missing
	WhyBusy       = "busy"       // the channel has a publisher, or cannot take one
	WhyLimit      = "limit"      // too many connections, or too many wrong keys
	WhyForm       = "form"       // not the protocol's form
)

// Request is a publisher at the door.
type Request struct {
	Key      string     // the stream key
	Name     string     // of the channel it means, or "": then the key alone tells
	Takeover bool       // it wants the place of whoever publishes now
	From     netip.Addr // for the log
	Protocol string
}

// Admission is a place to publish to.
type Admission struct {
	Channel string // its name, for the log
	Sink    ingest.Sink
	// Leave is to be called once: nil if the publisher stopped, else why it was lost or at fault, in words for the log. The Door logs it.
	Leave func(error)
	Cut   <-chan struct{} // closed when the place is taken away: by a takeover, or because the key was replaced
	Lost  func(int)       // to be told of packets that the line lost, where a protocol knows; may be nil
	// LeftOut is to be told how many sounds of the publisher there is no room for, when that changes; it may be nil.
	LeftOut func(sounds int)
	// RungOut is to be told why a picture beside the first (Track.Rung of ingest) is left out, "" when it is not any more; a number beyond
	// ingest.RungsMax stands for all that there is no room for. It may be nil.
	RungOut func(n int, why string)
	// Text takes subtitles that come beside the picture: plain text in a language (ingest.Language) that stands until the next one
	// in it; "" takes it away. It may be nil.
	Text func(language, text string)
}

// Door decides who may publish.
type Door interface {
	// Admit opens a channel to a publisher. Its error is ErrKey, or says why the channel cannot take this publication.
	Admit(ctx context.Context, r Request) (Admission, error)
}

// Meter counts what happens at the door. It never blocks.
type Meter interface {
	PublisherAdmitted(protocol string)
	PublisherRefused(protocol, why string)
	// IngestFault counts a fault of ours that ended one publication and no other.
	IngestFault(protocol string)
}

// Unmetered counts nothing.
type Unmetered struct{}

var _ Meter = Unmetered{}

// PublisherAdmitted is of Meter.
func (Unmetered) PublisherAdmitted(string) {}

// PublisherRefused is of Meter.
func (Unmetered) PublisherRefused(string, string) {}

// IngestFault is of Meter.
func (Unmetered) IngestFault(string) {}

// ReadLanguages returns the languages that stand behind a stream key, for sounds that do not say theirs: KEY?languages=en,de. What is
// none is "".
func ReadLanguages(text string) (languages []string) {
	_, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name != "languages" {
			continue
		}
		for one := range strings.SplitSeq(value, ",") {
			if len(languages) < ingest.SoundsMax {
				languages = append(languages, ingest.Language(one))
			}
		}
	}
	return languages
}

// takeoverWord is the parameter by which a publisher asks for a taken place: KEY?takeover=1.
const takeoverWord = "takeover"

// ReadKey takes apart a stream key as publishers enter it: the key, and parameters behind a question mark, of which all but
// takeover are ignored.
func ReadKey(text string) (key string, takeover bool) {
	key, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == takeoverWord {
			takeover = Yes(value)
		}
	}
	return key, takeover
}

// Yes reads a parameter's value: 1, true and yes.
func Yes(value string) bool {
	if plain, err := url.QueryUnescape(value); err == nil {
		value = plain
	}
	return value == "1" || value == "true" || value == "yes"
}

// Why is how figures call the reason of an error of a Door.
func Why(err error) string {
	switch {
	case errors.Is(err, ErrKey):
		return WhyKey
	case errors.Is(err, ErrBlocked), errors.Is(err, ErrFull), errors.Is(err, ErrWaiting):
		return WhyLimit
	}
	return WhyBusy
}
