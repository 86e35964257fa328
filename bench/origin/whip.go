package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
)

// answerMax bounds a server's answer to an offer.
const answerMax = 64 << 10

// camera is a WHIP publisher that is fed picture by picture.
type camera struct {
	peer  *webrtc.PeerConnection
	track *webrtc.TrackLocalStaticSample
}

func (c camera) close() { _ = c.peer.Close() } // nothing hangs on it

// show sends a picture.
func (c camera) show(picture []byte) error {
	return c.track.WriteSample(media.Sample{Data: picture, Duration: frameEvery})
}

// film publishes to the server over WHIP. It returns when the connection is there.
func film(ctx context.Context, h *house) (c camera, err error) {
	var engine webrtc.MediaEngine
	if err := engine.RegisterDefaultCodecs(); err != nil {
		return c, err
	}
	registry := new(interceptor.Registry)
	if err := webrtc.RegisterDefaultInterceptors(&engine, registry); err != nil {
		return c, err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&engine), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings))
	if c.peer, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return c, err
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.track, err = webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264}, "camera", "bench"); err != nil {
		return c, err
	}
	if _, err = c.peer.AddTransceiverFromTrack(c.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		return c, err
	}
	connected := make(chan struct{})
	c.peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(connected)
		}
	})
	if err = c.offer(ctx, h); err != nil {
		return c, err
	}
	return c, until(ctx, "a connection over WHIP", func() bool {
		select {
		case <-connected:
			return true
		default:
			return false
		}
	})
}

// offer has the server answer an offer with all candidates (RFC 9725).
func (c camera) offer(ctx context.Context, h *house) error {
	offer, err := c.peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(c.peer)
	if err := c.peer.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+h.http+"/whip/"+channel, strings.NewReader(c.peer.LocalDescription().SDP))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+h.key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("the server answers %s: %s", answer.Status, text)
	}
	return c.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(text)})
}

// pictures are a clip's pictures as WebRTC has them: units that begin with a start code, and each key frame after its parameter sets.
func (f frames) pictures() (all [][]byte, err error) {
	sets, err := parameterSets(f.before)
	if err != nil {
		return nil, err
	}
	for n, tag := range f.tags {
		var picture []byte
		if n%keyEvery == 0 {
			picture = append(picture, sets...)
		}
		units := tag[tagHeader+tagPrefix : len(tag)-tagTrailer]
		for len(units) >= 4 {
			length := int(binary.BigEndian.Uint32(units))
			if length > len(units)-4 {
				return nil, errors.New("a picture of the clip is cut")
			}
			picture, units = append(append(picture, 0, 0, 0, 1), units[4:4+length]...), units[4+length:]
		}
		all = append(all, picture)
	}
	return all, nil
}

// parameterSets finds the clip's parameter sets in what comes before its pictures, and gives them start codes.
func parameterSets(before []byte) (sets []byte, err error) {
	errCut := errors.New("the clip has no parameter sets")
	for b := before[flvHeader:]; len(b) >= tagHeader; {
		length := tagHeader + (int(b[1])<<16 | int(b[2])<<8 | int(b[3])) + tagTrailer
		if len(b) < length {
			break
		}
		tag := b[:length]
		b = b[length:]
		if tag[0] != tagPicture || length < tagHeader+tagPrefix+tagTrailer+7 || tag[tagHeader+1] != 0 {
			continue
		}
		config := tag[tagHeader+tagPrefix : length-tagTrailer][5:] // ISO/IEC 14496-15: a number of sets, each after its length; twice
		for range 2 {
			if len(config) < 1 {
				return nil, errCut
			}
			count := int(config[0] & 0x1f)
			config = config[1:]
			for range count {
				if len(config) < 2 || len(config) < 2+int(binary.BigEndian.Uint16(config)) {
					return nil, errCut
				}
				n := 2 + int(binary.BigEndian.Uint16(config))
				sets, config = append(append(sets, 0, 0, 0, 1), config[2:n]...), config[n:]
			}
		}
		return sets, nil
	}
	return nil, errCut
}
