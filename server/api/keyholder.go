package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"shoal/server/channel"
)

// Keys knows whose a stream key is.
type Keys interface {
	ByStreamKey(ctx context.Context, key string) (channel.Channel, error)
}

// Gate counts wrong stream keys by address, over all protocols.
type Gate interface {
	// Blocked returns why an address may not try another key now.
	Blocked(from netip.Addr, now time.Time) error
	Failed(from netip.Addr, now time.Time)
	// Tell reports whether the log is to hear once more that an address is not heard.
	Tell(from netip.Addr, now time.Time) bool
}

// httpProtocol is how the log calls the way in of a stream key that is asked for by the API, or by uploads.
const httpProtocol = "http"

var (
	errNeedsKey = &problem{http.StatusUnauthorized, "needs_key", "This is for whoever holds the channel's stream key. Send it as a bearer token."}
	errWrongKey = &problem{http.StatusUnauthorized, "wrong_key", "This is not the stream key of this channel. Copy it again as it was printed; `shoal channel new-key` draws a new one."}
	errManyKeys = &problem{http.StatusTooManyRequests, "wrong_keys", "This address sent ten wrong stream keys within a minute. It may try again in a minute."}
)

// mayManage admits who holds the channel's stream key, as often as pace allows, and the operator. The key is sent as a bearer token.
func (a *API) mayManage(r *http.Request, c channel.Channel, pace *pace) error {
	switch {
	case bearer(r) == "":
		return errNeedsKey
	case !a.isOperator(r) && !pace.allow(clientOf(r)):
		return errManyHere
	}
	return a.holdsKey(r, c)
}

// holdsKey admits who sends the channel's stream key as a bearer token, and the operator. Wrong keys count at the gate, where those of
// publishers do; as there, whoever sent too many is not heard for a while, whatever key he sends.
func (a *API) holdsKey(r *http.Request, c channel.Channel) error {
	if a.isOperator(r) {
		return nil
	}
	key, from, now := bearer(r), clientOf(r), a.config.Now()
	log := a.config.Log.With("protocol", httpProtocol, "channel", c.Name, "from", from.String())
	if a.rooms.Gate != nil {
		if err := a.rooms.Gate.Blocked(from, now); err != nil {
			if a.rooms.Gate.Tell(from, now) {
				log.Warn("stream key refused", "because", err)
			}
			return errManyKeys
		}
	}
	if key == "" || a.rooms.Keys == nil {
		return errNeedsKey
	}
	found, err := a.rooms.Keys.ByStreamKey(r.Context(), key)
	if err != nil && !errors.Is(err, channel.ErrNotFound) {
		return err
	}
	if err != nil || found.ID != c.ID {
		if a.rooms.Gate != nil { // which lets an address try so often that the log bears a line for each
			a.rooms.Gate.Failed(from, now)
			log.Warn("stream key refused", "because", "it is not that of this channel", "for", r.Pattern)
		}
		return errWrongKey
	}
	return nil
}

// isOperator reports whether a request is the operator's.
func (a *API) isOperator(r *http.Request) bool {
	operator := a.config.OperatorToken
	return operator != "" && subtle.ConstantTimeCompare([]byte(bearer(r)), []byte(operator)) == 1
}
