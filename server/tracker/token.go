package tracker

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"shoal/id"
)

// Mode is what a viewer agreed to.
type Mode string

// The modes. Only who shares is introduced to others.
const (
	Watch Mode = "watch"
	Share Mode = "share"
)

// ticket is what a token says: this peer may join this place in this mode until then.
type ticket struct {
	place
	peer    id.Peer
	mode    Mode
	expires time.Time
}

// place is where viewers meet: what is live of a channel, or one of its recordings.
type place struct {
	channel id.Channel
	epoch   uint64 // of the recording; 0 is live
}

var errToken = errors.New("the token is not valid here: join again to get a new one")

const (
	tokenVersion = 2
	ticketSize   = 1 + 32 + 8 + 8 + 1 + 8 // version, channel, epoch of a recording, peer, mode, expiry in ms since 1970
)

var tokenText = base64.RawURLEncoding.Strict()

// Issue draws a peer and signs a token for it, good for TokenLife and for this tracker only: a restarted one has another key.
func (t *Tracker) Issue(channel id.Channel, mode Mode) (token string, peer id.Peer, err error) {
	return t.issue(place{channel: channel}, mode)
}

// IssueRecorded is Issue for who plays a recording of the channel: such viewers meet each other, and nobody else.
func (t *Tracker) IssueRecorded(channel id.Channel, epoch uint64, mode Mode) (token string, peer id.Peer, err error) {
	return t.issue(place{channel, epoch}, mode)
}

func (t *Tracker) issue(at place, mode Mode) (token string, peer id.Peer, err error) {
	if mode != Watch && mode != Share {
		return "", 0, fmt.Errorf("mode %q: it is %q or %q", mode, Watch, Share)
	}
	peer = id.Peer(max(random(), 1))
	return t.sign(ticket{at, peer, mode, t.now().Add(TokenLife)}), peer, nil
}

func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:])
}

func (t *Tracker) sign(k ticket) string {
	b := make([]byte, 0, ticketSize+sha256.Size)
	b = append(b, tokenVersion)
	b = append(b, k.channel[:]...)
	b = binary.BigEndian.AppendUint64(b, k.epoch)
	b = binary.BigEndian.AppendUint64(b, uint64(k.peer))
	if k.mode == Share {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(k.expires.UnixMilli()))
	return tokenText.EncodeToString(t.mac(b).Sum(b))
}

// verify returns what a token says, or errToken.
func (t *Tracker) verify(token string) (ticket, error) {
	b, err := tokenText.DecodeString(token)
	if err != nil || len(b) != ticketSize+sha256.Size {
		return ticket{}, errToken
	}
	if !hmac.Equal(t.mac(b[:ticketSize]).Sum(nil), b[ticketSize:]) || b[0] != tokenVersion {
		return ticket{}, errToken
	}
	k := ticket{mode: Watch}
	copy(k.channel[:], b[1:33])
	k.epoch = binary.BigEndian.Uint64(b[33:41])
	k.peer = id.Peer(binary.BigEndian.Uint64(b[41:49]))
	if b[49] == 1 {
		k.mode = Share
	}
	k.expires = time.UnixMilli(int64(binary.BigEndian.Uint64(b[50:58])))
	if !t.now().Before(k.expires) {
		return ticket{}, errToken
	}
	return k, nil
}
