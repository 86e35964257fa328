package whip

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"shoal/segment"
	"shoal/server/ingest"

	"shoal/server/ingest/gate"
)

func TestAPublisherIsHeardAndSeen(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	sink := door.recorded()
	until(t, "three seconds came", func() bool { return len(sink.of(0)) > 3*pictures && len(sink.of(1)) > 150 })

	tracks := sink.begun()[0]
	if len(tracks) != 2 || tracks[0].Kind != segment.Video || tracks[1].Kind != segment.Audio || tracks[1].TimeScale != 48000 {
		t.Fatalf("the tracks are %+v", tracks)
	}
	if c, ok := tracks[0].Codec.(*codecs.H264); !ok || len(c.SPS) == 0 || len(c.PPS) == 0 {
		t.Errorf("the picture is %+v", tracks[0].Codec)
	}
	if c, ok := tracks[1].Codec.(*codecs.Opus); !ok || c.ChannelCount != 2 {
		t.Errorf("the sound is %+v", tracks[1].Codec)
	}
	if len(sink.begun()) != 1 {
		t.Errorf("%d runs", len(sink.begun()))
	}
	follows(t, sink.of(0), time.Second/pictures)
	follows(t, sink.of(1), 20*time.Millisecond)
	if first := sink.of(0)[0]; !first.Key || first.DTS != 0 {
		t.Errorf("the first picture: key %v at %v", first.Key, first.DTS)
	}
	for _, heard := range sink.of(1) {
		if string(heard.Data) != string(quietOpus) {
			t.Fatalf("the sound was changed: %x", heard.Data)
		}
	}
	if door.leaves() != nil {
		t.Errorf("it left: %v", door.leaves())
	}
	if err := s.End(p.session, "wrong"); !errors.Is(err, ErrKey) {
		t.Errorf("a stranger ends it: %v", err)
	}
	if err := s.End(p.session, testKey); err != nil {
		t.Fatal(err)
	}
	if left := door.leaves(); len(left) != 1 || left[0] != nil {
		t.Errorf("its end was %v", left)
	}
	if err := s.End(p.session, testKey); !errors.Is(err, ErrGone) {
		t.Errorf("a second end: %v", err)
	}
}

// follows checks that samples follow each other as they were sent.
func follows(t *testing.T, samples []ingest.Sample, each time.Duration) {
	t.Helper()
	for n := 1; n < len(samples); n++ {
		if gap := samples[n].DTS - samples[n-1].DTS; gap < each*9/10 || gap > each*11/10 {
			t.Errorf("sample %d comes %v after the one before, not %v", n, gap, each)
		}
	}
}

func TestSoundAlone(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, "", true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	sink := door.recorded()
	until(t, "a second of sound came", func() bool { return len(sink.of(0)) > 50 })
	if tracks := sink.begun()[0]; len(tracks) != 1 || tracks[0].Kind != segment.Audio {
		t.Errorf("the tracks are %+v", tracks)
	}
}

func TestOffersThatAreRefused(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	vp8 := newPublisher(t, webrtc.MimeTypeVP8, true)
	if err := vp8.peer.GetTransceivers()[0].SetCodecPreferences([]webrtc.RTPCodecParameters{{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96,
	}}); err != nil {
		t.Fatal(err)
	}
	if err := vp8.begin(s, testKey); !errors.Is(err, ErrMedia) || !strings.Contains(err.Error(), "H.264") || !strings.Contains(err.Error(), "VP8") {
		t.Errorf("VP8 alone: %v", err)
	}
	if err := newPublisher(t, webrtc.MimeTypeH264, true).begin(s, "wrong"); !errors.Is(err, ErrKey) {
		t.Errorf("a wrong key: %v", err)
	}
	first := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := first.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	if err := newPublisher(t, webrtc.MimeTypeH264, true).begin(s, testKey); !errors.Is(err, ErrBusy) {
		t.Errorf("a second publisher: %v", err)
	}
	if err := s.End(first.session, testKey); err != nil {
		t.Fatal(err)
	}
	until(t, "the counts are back at zero", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.total == 0 && len(s.homes) == 0 && len(s.sessions) == 0
	})
}

func TestSessionsOfOneHomeAreBounded(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, &channelDoor{})
	for range sessionsPerHome {
		if _, err := s.enter(home); err != nil {
			t.Fatal(err)
		}
		defer s.leave(home, "")
	}
	if err := newPublisher(t, webrtc.MimeTypeH264, true).begin(s, testKey); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
}

// faulty is a Sink with a fault of ours.
type faulty struct{}

func (faulty) Tracks([]ingest.Track) error { panic("a fault") }
func (faulty) Sample(ingest.Sample) error  { return nil }

func TestAFaultEndsOneSessionAlone(t *testing.T) {
	t.Parallel()
	door, other := &channelDoor{sinks: func() ingest.Sink { return faulty{} }}, &channelDoor{}
	s, counted := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	s.config.Door = other
	fine := newPublisher(t, "", true)
	if err := fine.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	fine.play()
	p.play()
	until(t, "the fault ended it", func() bool { return len(door.leaves()) == 1 })
	if err := door.leaves()[0]; err == nil || !strings.Contains(err.Error(), "a fault of ours") {
		t.Errorf("it ended with %v", err)
	}
	if counted.count() != 1 {
		t.Errorf("%d faults are counted", counted.count())
	}
	before := len(other.recorded().of(0))
	until(t, "the other one goes on", func() bool { return len(other.recorded().of(0)) > before+25 })
}

func TestAPlaceThatIsTakenAwayEndsTheSession(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	close(door.cut)
	until(t, "it ended", func() bool { return len(door.leaves()) == 1 })
	if err := door.leaves()[0]; !errors.Is(err, gate.ErrCut) {
		t.Errorf("it ended with %v", err)
	}
}

func TestAPublisherWhoHangsUpIsGone(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, true)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	until(t, "it is on air", func() bool { return len(door.recorded().of(0)) > 0 })
	p.stop()
	until(t, "it ended", func() bool { return len(door.leaves()) == 1 })
}

func TestKeyFramesAreAskedFor(t *testing.T) {
	t.Parallel()
	door := &channelDoor{}
	s, _ := serve(t, door)
	p := newPublisher(t, webrtc.MimeTypeH264, false)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	until(t, "they are connected", func() bool { return p.peer.ConnectionState() == webrtc.PeerConnectionStateConnected })
	frames, err := clip()
	if err != nil {
		t.Fatal(err)
	}
	frames = append(frames[:1:1], frames[1:20]...) // one key frame only, and then none
	for range 6 {
		frames = append(frames, frames[1:20]...)
	}
	p.send(frames)
	until(t, "it is on air", func() bool { return len(door.recorded().of(0)) > 0 })
	before := p.keyAsks()
	until(t, "a key frame is asked for again", func() bool { return p.keyAsks() > before })
}

// lossy drops packets of the picture on their way out.
type lossy struct {
	interceptor.NoOp
	mu    sync.Mutex
	drops func(h *rtp.Header) bool
}

func (l *lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

func (l *lossy) BindLocalStream(info *interceptor.StreamInfo, next interceptor.RTPWriter) interceptor.RTPWriter {
	if info.MimeType != webrtc.MimeTypeH264 {
		return next
	}
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		l.mu.Lock()
		drop := l.drops(h)
		l.mu.Unlock()
		if drop {
			return len(payload), nil
		}
		return next.Write(h, payload, a)
	})
}

func TestLostPacketsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	seen := map[uint32]bool{}
	p := newPublisher(t, webrtc.MimeTypeH264, true, &lossy{drops: func(h *rtp.Header) bool {
		id := h.SSRC<<16 ^ uint32(h.SequenceNumber)
		again := seen[id]
		seen[id] = true
		return !again && h.SequenceNumber%20 == 3
	}})
	door := &channelDoor{}
	s, _ := serve(t, door)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	sink := door.recorded()
	until(t, "three seconds came", func() bool { return len(sink.of(0)) > 3*pictures })
	follows(t, sink.of(0), time.Second/pictures)
}

func TestAfterALossThePictureGoesOnWithAKeyFrame(t *testing.T) {
	t.Parallel()
	var first uint32
	p := newPublisher(t, webrtc.MimeTypeH264, false, &lossy{drops: func(h *rtp.Header) bool {
		if first == 0 {
			first = h.Timestamp
		}
		since := (h.Timestamp - first) / 90 // ms
		return since > 900 && since < 1100
	}})
	door := &channelDoor{}
	s, _ := serve(t, door)
	if err := p.begin(s, testKey); err != nil {
		t.Fatal(err)
	}
	p.play()
	sink := door.recorded()
	until(t, "pictures came behind the loss", func() bool {
		samples := sink.of(0)
		return len(samples) > 0 && samples[len(samples)-1].DTS > 3*time.Second
	})
	samples := sink.of(0)
	for n := 1; n < len(samples); n++ {
		if gap := samples[n].DTS - samples[n-1].DTS; gap > 100*time.Millisecond && !samples[n].Key {
			t.Errorf("behind a gap of %v comes a picture that refers to what is lost", gap)
		}
	}
	if p.keyAsks() == 0 {
		t.Error("no key frame was asked for")
	}
}

func TestATakenPlaceIsAskedForAsEverywhere(t *testing.T) {
	asked := make(chan gate.Request, 3)
	s, _ := serve(t, &channelDoor{asked: asked})
	for _, o := range []Offer{{Key: testKey}, {Key: testKey + "?takeover=1"}, {Key: testKey, Takeover: true}} {
		o.Name, o.From, o.SDP = testName, home, []byte(chromium)
		_, _ = s.Offer(t.Context(), o) // the second and third find the place taken
		if r := <-asked; r.Key != testKey || r.Takeover != (o.Takeover || o.Key != testKey) || r.Protocol != gate.WHIP {
			t.Errorf("%+v was asked for %+v", r, o)
		}
	}
}

func TestWrongKeysShutAnAddressOut(t *testing.T) {
	s, _ := serve(t, &channelDoor{})
	var log bytes.Buffer
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	for _, o := range []Offer{{Name: testName, Key: "a guess"}, {Name: "no name", Key: "a guess"}, {Name: testName, Key: strings.Repeat("a guess", keyMax)}} {
		o.From, o.SDP = home, []byte(chromium)
		if _, err := s.Offer(t.Context(), o); !errors.Is(err, ErrKey) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for range 7 {
		if _, err := s.Offer(t.Context(), Offer{Name: testName, Key: "a guess", From: home, SDP: []byte(chromium)}); !errors.Is(err, ErrKey) {
			t.Fatal(err)
		}
	}
	for range 3 {
		if _, err := s.Offer(t.Context(), Offer{Name: testName, Key: testKey, From: home, SDP: []byte(chromium)}); !errors.Is(err, ErrFull) {
			t.Errorf("after ten wrong keys: %v", err)
		}
	}
	told := log.String()
	if lines := strings.Count(told, `msg="publisher refused" protocol=whip from=`+home.String()); lines != 11 || strings.Contains(told, "a guess") {
		t.Errorf("of ten wrong keys and of who is shut out the log has %d lines:\n%s", lines, told)
	}
	if named := strings.Count(told, " channel="+testName+" "); named != 10 || strings.Contains(told, "no name") {
		t.Errorf("%d of them name the channel:\n%s", named, told)
	}
}
