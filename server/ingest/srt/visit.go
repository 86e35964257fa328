package srt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"shoal/server/ingest/gate"
)

// mtuMin is the least packet size that is talked about: a smaller one fits no list of lost packets.
const mtuMin = 256

// refused says why a caller gets no connection.
type refused struct {
	reason uint32 // as SRT calls it
	why    string // as figures call it
	err    error
}

func (r *refused) Error() string { return r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

var (
	errVersion   = errors.New("its SRT is older than 1.3: update the encoder")
	errLive      = errors.New("it wants another mode than live: set transtype to live")
	errGroup     = errors.New("it wants to bond connections, which is not known here: use one")
	errFilter    = errors.New("it wants a packet filter (FEC), which is not known here: turn that off")
	errUnsecured = errors.New("it does not encrypt: set the passphrase of the srt_url that \"shoal channel add\" printed, or start the server with --srt-passphrase off")
	errSecured   = errors.New("it encrypts, but this server takes SRT without a passphrase: leave it out")
)

// visit is one caller.
type visit struct {
	server    *Server
	who       peer
	handshake handshake
	log       *slog.Logger
	asked     asked
}

// run takes the caller from its second handshake to its end. looked is called when the handshake was looked at.
func (v *visit) run(ctx context.Context, looked func()) {
	s := v.server
	if err := s.Visitors.Enter(v.who.at.Addr()); err != nil {
		v.refuse(&refused{rejectOverload, gate.WhyLimit, err})
		return
	}
	admitted := false
	defer func() { s.Visitors.Leave(v.who.at.Addr(), !admitted) }()
	keys, no := v.look()
	if no != nil {
		v.refuse(no)
		return
	}
	asking, stop := context.WithTimeout(ctx, admitMax)
	place, err := s.Door.Admit(asking, gate.Request{
		Key: v.asked.key, Name: v.asked.name, Takeover: v.asked.takeover, From: v.who.at.Addr(), Protocol: gate.SRT,
	})
	stop()
	if err != nil {
		v.refuse(v.denied(err))
		return
	}
	s.Visitors.Admit(v.who.at.Addr())
	admitted = true
	v.log = v.log.With("channel", place.Channel)
	s.Meter.PublisherAdmitted(gate.SRT)
	looked()
	latency := min(max(s.Latency, time.Duration(v.handshake.sendDelay)*time.Millisecond), max(LatencyMax, s.Latency))
	c := newConnection(s, v, place, keys, latency)
	err = c.run(ctx)
	if err != nil && ctx.Err() == nil {
		err = gate.InWords(err, v.redact(err.Error()))
	}
	place.Leave(err)
}

// look checks everything that can be checked without asking the Door.
func (v *visit) look() (*keys, *refused) {
	h, s := &v.handshake, v.server
	form := func(reason uint32, err error) (*keys, *refused) { return nil, &refused{reason, gate.WhyForm, err} }
	switch {
	case h.version != 5:
		return form(rejectVersion, errVersion)
	case !h.extended || h.mtu < mtuMin:
		return form(rejectRogue, errForm)
	case h.flags&flagStream != 0:
		return form(rejectMessage, errLive)
	case h.control != "" && h.control != "live":
		return form(rejectCongestion, errLive)
	case h.group:
		return form(rejectGroup, errGroup)
	case h.filter:
		return form(rejectFilter, errFilter)
	}
	if err := s.Visitors.Blocked(v.who.at.Addr(), time.Now()); err != nil {
		return nil, &refused{rejectOverload, gate.WhyLimit, err}
	}
	var err error
	if v.asked, err = readStreamID(h.streamID); err != nil {
		reason := uint32(rejectBadRequest)
		if errors.Is(err, errMode) {
			reason = rejectBadMode
		}
		return form(reason, err)
	}
	return v.secret()
}

// secret checks the passphrase.
func (v *visit) secret() (*keys, *refused) {
	passphrase := ""
	if v.server.Passphrase != nil {
		passphrase = v.server.Passphrase(v.asked.key)
	}
	switch {
	case passphrase == "" && v.handshake.key != nil:
		return nil, &refused{rejectUnsecure, gate.WhyPassphrase, errSecured}
	case passphrase == "":
		return nil, nil
	case v.handshake.key == nil:
		return nil, &refused{rejectUnsecure, gate.WhyPassphrase, errUnsecured}
	}
	k, err := unwrap(v.handshake.key, passphrase)
	switch {
	case errors.Is(err, errSecret):
		v.server.Visitors.Failed(v.who.at.Addr(), time.Now())
		return nil, &refused{rejectBadSecret, gate.WhyPassphrase, err}
	case err != nil:
		return nil, &refused{rejectRogue, gate.WhyForm, err}
	}
	return k, nil
}

// denied says in SRT's words what the Door said.
func (v *visit) denied(err error) *refused {
	if errors.Is(err, gate.ErrKey) {
		v.server.Visitors.Failed(v.who.at.Addr(), time.Now())
		return &refused{rejectUnauthorized, gate.WhyKey, err}
	}
	return &refused{rejectConflict, gate.Why(err), err}
}

// refuse tells the caller, the figures and the log.
func (v *visit) refuse(no *refused) {
	s := v.server
	s.Meter.PublisherRefused(gate.SRT, no.why)
	s.send(v.who.at, controlPacket(typeHandshake, 0, 0, 0, v.who.socket, v.handshake.refusal(no.reason)))
	if no.why != gate.WhyLimit || s.Visitors.Tell(v.who.at.Addr(), time.Now()) {
		v.log.Warn("publisher refused", "because", v.redact(no.Error()), "code", fmt.Sprint(no.reason))
	}
}

// redact takes the key out of a text.
func (v *visit) redact(text string) string {
	if v.asked.key == "" {
		return text
	}
	return strings.ReplaceAll(text, v.asked.key, "(key)")
}
