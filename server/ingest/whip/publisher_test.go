package whip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/h264reader"

	"shoal/server/ingest"
	"shoal/server/ingest/gate"
)

const (
	testKey  = "right"
	testName = "fish"
	pictures = 25 // a second
	waitMax  = 15 * time.Second
)

// channelDoor is a Door to one channel.
type channelDoor struct {
	mu    sync.Mutex
	sink  *recorder // of the newest publication
	taken bool
	left  []error
	cut   chan struct{}
	sinks func() ingest.Sink  // instead of a recorder
	asked chan<- gate.Request // hears who comes, if it is there
}

func (d *channelDoor) Admit(_ context.Context, r gate.Request) (gate.Admission, error) {
	if d.asked != nil {
		d.asked <- r
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Key != testKey || r.Name != testName {
		return gate.Admission{}, ErrKey
	}
	if d.taken {
		return gate.Admission{}, errors.New("taken")
	}
	d.taken = true
	d.sink = &recorder{}
	sink := ingest.Sink(d.sink)
	if d.sinks != nil {
		sink = d.sinks()
	}
	d.cut = make(chan struct{})
	return gate.Admission{Sink: sink, Cut: d.cut, Leave: func(err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.taken = false
		d.left = append(d.left, err)
	}}, nil
}

func (d *channelDoor) leaves() []error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]error(nil), d.left...)
}

func (d *channelDoor) recorded() *recorder {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sink
}

// recorder is a Sink that keeps what it gets.
type recorder struct {
	mu      sync.Mutex
	runs    [][]ingest.Track
	samples []ingest.Sample
}

func (r *recorder) Tracks(t []ingest.Track) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs = append(r.runs, t)
	return nil
}

func (r *recorder) Sample(s ingest.Sample) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.runs) == 0 {
		return errors.New("a sample before the tracks")
	}
	r.samples = append(r.samples, s)
	return nil
}

// of returns the samples of a track so far.
func (r *recorder) of(track int) (list []ingest.Sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.samples {
		if s.Track == track {
			list = append(list, s)
		}
	}
	return list
}

func (r *recorder) begun() [][]ingest.Track {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]ingest.Track(nil), r.runs...)
}

// until waits for what must come.
func until(t *testing.T, what string, look func() bool) {
	t.Helper()
	deadline := time.Now().Add(waitMax)
	for !look() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come true that %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// faults counts.
type faults struct {
	gate.Unmetered
	mu sync.Mutex
	n  map[string]int
}

func (f *faults) IngestFault(protocol string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = map[string]int{}
	}
	f.n[protocol]++
}

func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n[gate.WHIP]
}

// serve runs a server on a free port until the test is over.
func serve(t *testing.T, door *channelDoor) (*Server, *faults) {
	t.Helper()
	counted := &faults{}
	s, err := Open(Config{Listen: "127.0.0.1:0", Door: door, Visitors: new(gate.Visitors), Meter: counted, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	until(t, "the server runs", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.running != nil
	})
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, counted
}

// clip is two seconds of H.264 from a real encoder, as access units.
var clip = sync.OnceValues(func() ([][]byte, error) {
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-t", "2",
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-pix_fmt", "yuv420p", "-threads", "1",
		"-x264-params", "slices=1:repeat-headers=1", "-f", "h264", "-").Output()
	if err != nil {
		return nil, err
	}
	reader, err := h264reader.NewReader(bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	var units [][]byte
	var unit []byte
	for {
		nal, err := reader.NextNAL()
		if errors.Is(err, io.EOF) {
			return units, nil
		}
		if err != nil {
			return nil, err
		}
		unit = append(append(unit, 0, 0, 0, 1), nal.Data...)
		if kind := nal.Data[0] & typeMask; kind == 1 || kind == 5 {
			units, unit = append(units, unit), nil
		}
	}
})

// quietOpus is 20 ms of silence.
var quietOpus = []byte{0xFC, 0xFF, 0xFE}

// publisher is a WHIP client with a camera that shows clip and a microphone that hears nothing.
type publisher struct {
	t       *testing.T
	peer    *webrtc.PeerConnection
	video   *webrtc.TrackLocalStaticSample
	audio   *webrtc.TrackLocalStaticSample
	session string
	version string
	stopped chan struct{}
	once    sync.Once
	group   sync.WaitGroup

	mu   sync.Mutex
	asks int // for key frames
}

// newPublisher makes a client that offers a picture of a codec, or none, and sound or none.
func newPublisher(t *testing.T, codec string, withSound bool, extra ...interceptor.Factory) *publisher {
	t.Helper()
	var engine webrtc.MediaEngine
	if err := engine.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	registry := new(interceptor.Registry)
	for _, f := range extra {
		registry.Add(f)
	}
	again, err := nack.NewResponderInterceptor()
	if err != nil {
		t.Fatal(err)
	}
	reports, err := report.NewSenderInterceptor(report.SenderInterval(200 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	registry.Add(again)
	registry.Add(reports)
	var settings webrtc.SettingEngine
	settings.LoggerFactory = quiet{}
	settings.SetIncludeLoopbackCandidate(true)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(&engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)).
		NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{t: t, peer: peer, stopped: make(chan struct{})}
	add := func(mime, name string) *webrtc.TrackLocalStaticSample {
		track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, name, "studio")
		if err != nil {
			t.Fatal(err)
		}
		transceiver, err := peer.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			t.Fatal(err)
		}
		p.group.Go(func() { p.readReports(transceiver.Sender()) })
		return track
	}
	if codec != "" {
		p.video = add(codec, "camera")
	}
	if withSound {
		p.audio = add(webrtc.MimeTypeOpus, "microphone")
	}
	t.Cleanup(p.stop)
	return p
}

func (p *publisher) readReports(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, one := range packets {
			if _, ok := one.(*rtcp.PictureLossIndication); ok {
				p.mu.Lock()
				p.asks++
				p.mu.Unlock()
			}
		}
	}
}

func (p *publisher) keyAsks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asks
}

// offer returns the client's offer, with its candidates.
func (p *publisher) offer(o *webrtc.OfferOptions) string {
	p.t.Helper()
	offer, err := p.peer.CreateOffer(o)
	if err != nil {
		p.t.Fatal(err)
	}
	ready := webrtc.GatheringCompletePromise(p.peer)
	if err := p.peer.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	<-ready
	return p.peer.LocalDescription().SDP
}

var home = netip.MustParseAddr("127.0.0.1")

// begin offers to a server, and returns its error.
func (p *publisher) begin(s *Server, key string) error {
	p.t.Helper()
	answer, err := s.Offer(p.t.Context(), Offer{Name: testName, Key: key, From: home, SDP: []byte(p.offer(nil))})
	if err != nil {
		return err
	}
	p.session, p.version = answer.Session, answer.Version
	return p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer.SDP)})
}

// play sends media in real time until it is stopped.
func (p *publisher) play() {
	p.t.Helper()
	frames, err := clip()
	if err != nil {
		p.t.Fatal(err)
	}
	send := func(track *webrtc.TrackLocalStaticSample, lasts time.Duration, data func(n int) []byte) {
		if track == nil {
			return
		}
		p.group.Go(func() {
			tick := time.NewTicker(lasts)
			defer tick.Stop()
			for n := 0; ; n++ {
				select {
				case <-p.stopped:
					return
				case <-tick.C:
				}
				if track.WriteSample(media.Sample{Data: data(n), Duration: lasts}) != nil {
					return
				}
			}
		})
	}
	send(p.video, time.Second/pictures, func(n int) []byte { return frames[n%len(frames)] })
	send(p.audio, 20*time.Millisecond, func(int) []byte { return quietOpus })
}

func (p *publisher) stop() {
	p.once.Do(func() {
		close(p.stopped)
		if err := p.peer.Close(); err != nil {
			p.t.Error(err)
		}
		p.group.Wait()
	})
}

// send sends these pictures once, in real time.
func (p *publisher) send(frames [][]byte) {
	p.group.Go(func() {
		tick := time.NewTicker(time.Second / pictures)
		defer tick.Stop()
		for _, f := range frames {
			select {
			case <-p.stopped:
				return
			case <-tick.C:
			}
			if p.video.WriteSample(media.Sample{Data: f, Duration: time.Second / pictures}) != nil {
				return
			}
		}
	})
}
