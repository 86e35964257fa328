package rights

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"shoal/id"
)

var (
	// ErrNone is of who has no pass to a private channel, or one that this server did not make for it.
	ErrNone = errors.New("rights: no pass to this channel")
	// ErrOver is of who had one.
	ErrOver = errors.New("rights: the pass is over")
)

const (
	timeSize = 8
	passSize = timeSize + sha256.Size
	domain   = "shoal.pass.v1"
)

// Passes knows which channels are private, and who may watch these. Its methods may be called at once.
type Passes struct {
	key     []byte
	private []id.Name
	now     func() time.Time
}

// New returns passes that key, of at least 32 bytes, makes hard to forge. nil for now is time.Now.
func New(key []byte, private []id.Name, now func() time.Time) *Passes {
	if now == nil {
		now = time.Now
	}
	return &Passes{key: key, private: private, now: now}
}

// Private reports whether a channel is watched with a pass only.
func (p *Passes) Private(name id.Name) bool { return slices.Contains(p.private, name) }

// Issue returns a pass to a channel until a time, to the second: 54 letters, digits, - and _.
func (p *Passes) Issue(name id.Name, until time.Time) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, passSize), uint64(until.Unix()))
	return encoding().EncodeToString(p.seal(b, name))
}

// May returns nil if who holds pass may watch the channel now, ErrOver or ErrNone. Anyone may watch one that is not private.
func (p *Passes) May(name id.Name, pass string) error {
	if !p.Private(name) {
		return nil
	}
	if len(pass) != encoding().EncodedLen(passSize) {
		return ErrNone
	}
	b, err := encoding().DecodeString(pass)
	if err != nil || len(b) != passSize || !hmac.Equal(p.seal(slices.Clone(b[:timeSize]), name), b) {
		return ErrNone
	}
	if until := int64(binary.BigEndian.Uint64(b)); p.now().Unix() >= until {
		return ErrOver
	}
	return nil
}

// seal appends the hash to a time.
func (p *Passes) seal(until []byte, name id.Name) []byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(domain))
	mac.Write(until)
	mac.Write([]byte(name))
	return mac.Sum(until)
}

// encoding has one valid spelling of each pass, fit for addresses.
func encoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }
