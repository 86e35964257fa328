package whip

import (
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// read carries a track's packets to the session. It is called by the connection in a goroutine of its own.
func (v *session) read(t *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	track := picture
	if t.Kind() == webrtc.RTPCodecTypeAudio {
		track = sound
	}
	v.mu.Lock()
	if v.closed || v.seen[track] || !v.offer.wanted[track] {
		v.mu.Unlock()
		return
	}
	v.seen[track], v.sources[track] = true, uint32(t.SSRC())
	v.readers.Add(2)
	v.mu.Unlock()
	go func() {
		defer v.readers.Done()
		v.readReports(track, r)
	}()
	defer v.readers.Done()
	for {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		v.tell(event{track: track, packet: packet})
	}
}

func (v *session) readReports(track int, r *webrtc.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if s, ok := p.(*rtcp.SenderReport); ok {
				v.tell(event{track: track, report: s})
			}
		}
	}
}

func (v *session) tell(e event) {
	select {
	case v.events <- e:
	default:
	}
}
