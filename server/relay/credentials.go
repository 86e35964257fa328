package relay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/pion/turn/v5"

	"shoal/id"
)

// Credentials returns what lets a peer of a channel allocate for CredentialsLife. They are of no use to one who is not
// connected to the tracker.
func (r *Relay) Credentials(channel id.Channel, peer id.Peer) (username, password string) {
	username = strconv.FormatInt(r.now().Add(CredentialsLife).Unix(), 10) + ":" + peer.String() + ":" + channel.String()
	return username, r.password(username)
}

func (r *Relay) password(username string) string {
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte(username))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate answers the TURN server's question who a user is and what his key is. The user is the peer, so that one who
// holds fresh credentials refreshes what he allocated with old ones; and old ones refresh, but do not allocate.
func (r *Relay) authenticate(ask *turn.RequestAttributes) (user string, key []byte, ok bool) {
	peer, expires, ok := parseUsername(ask.Username)
	if !ok || ask.Realm != Realm || !r.peers.Present(peer) {
		return "", nil, false
	}
	holder, allocated := r.ledger.holder(ask.SrcAddr)
	if !(allocated && holder == peer) && !r.now().Before(expires) {
		return "", nil, false
	}
	return peer.String(), turn.GenerateAuthKey(ask.Username, ask.Realm, r.password(ask.Username)), true
}

func parseUsername(s string) (peer id.Peer, expires time.Time, ok bool) {
	w := strings.Split(s, ":")
	if len(w) != 3 {
		return 0, time.Time{}, false
	}
	seconds, err := strconv.ParseInt(w[0], 10, 64)
	peer, peerErr := id.ParsePeer(w[1])
	_, channelErr := id.ParseChannel(w[2])
	if err != nil || peerErr != nil || channelErr != nil {
		return 0, time.Time{}, false
	}
	return peer, time.Unix(seconds, 0), true
}

// quota answers whether a user may allocate. reserve asks again when the socket is made; this only gives the better error.
func (r *Relay) quota(user, _ string, _ net.Addr) bool {
	peer, err := id.ParsePeer(user)
	return err == nil && r.ledger.free(peer)
}
