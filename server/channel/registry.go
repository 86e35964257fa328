package channel

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"shoal/id"
	"shoal/manifest/sign"
)

// Channel is what may be told of a channel.
type Channel struct {
	ID      id.Channel
	Name    id.Name
	Created time.Time
}

// Config is what a Registry needs.
type Config struct {
	Rows   Rows
	Secret Secret           // from OpenSecret
	Now    func() time.Time // nil is time.Now
}

// Registry knows the channels. Its methods may be called at once.
type Registry struct {
	rows   Rows
	secret Secret
	now    func() time.Time
}

// Open returns the registry over c.Rows. It returns ErrSecret if a channel's identity was sealed by another secret:
// then nothing could be signed, and it is better to say so before anyone goes live.
func Open(ctx context.Context, c Config) (*Registry, error) {
	r := &Registry{rows: c.Rows, secret: c.Secret, now: c.Now}
	if r.now == nil {
		r.now = time.Now
	}
	rows, err := r.rows.ListChannels(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if _, err := r.secret.open(row.Sealed, row.ID); err != nil {
			return nil, fmt.Errorf("channel %s: %w: restore %s from the same backup as the database", row.Name, err, SecretFile)
		}
	}
	return r, nil
}

// ParseName returns a channel's name, or ErrInvalid with what names are made of.
func ParseName(name string) (id.Name, error) {
	n, err := id.ParseName(name)
	if err != nil {
		return "", fmt.Errorf("%q: %w: use 1 to %d of a-z, 0-9, '-' and '_', starting with a letter or digit", clip(name), ErrInvalid, id.NameMax)
	}
	return n, nil
}

// Add makes a channel with a new identity and returns it with its stream key, which is kept nowhere. It returns
// ErrInvalid, ErrTaken or ErrFull.
func (r *Registry) Add(ctx context.Context, name string) (Channel, string, error) {
	n, err := ParseName(name)
	if err != nil {
		return Channel{}, "", err
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Channel{}, "", err
	}
	key, hash := newStreamKey()
	row := Row{ID: id.Channel(public), Name: n, KeyHash: hash, Created: r.now().UTC().Truncate(time.Millisecond)}
	row.Sealed = r.secret.seal(private, row.ID)
	if err := r.rows.AddChannel(ctx, row, ChannelsMax); err != nil {
		return Channel{}, "", fmt.Errorf("channel %s: %w", n, err)
	}
	return row.channel(), key, nil
}

// ByName returns the channel with this name, or ErrNotFound.
func (r *Registry) ByName(ctx context.Context, name id.Name) (Channel, error) {
	return r.find(ctx, Query{Name: name})
}

// ByID returns the channel with this id, or ErrNotFound.
func (r *Registry) ByID(ctx context.Context, channel id.Channel) (Channel, error) {
	return r.find(ctx, Query{ID: channel})
}

// ByStreamKey returns the channel that key may publish to, or ErrNotFound. The error never contains the key.
func (r *Registry) ByStreamKey(ctx context.Context, key string) (Channel, error) {
	hash, ok := hashStreamKey(key)
	if !ok {
		return Channel{}, ErrNotFound
	}
	row, err := r.rows.FindChannel(ctx, Query{KeyHash: hash})
	if err != nil {
		return Channel{}, err
	}
	if subtle.ConstantTimeCompare(row.KeyHash[:], hash[:]) != 1 { // rows that compare loosely must not admit anyone
		return Channel{}, ErrNotFound
	}
	return row.channel(), nil
}

// Admit is ByStreamKey for askers that know neither Channel nor ErrNotFound: known reports whether key is anybody's.
func (r *Registry) Admit(ctx context.Context, key string) (channel id.Channel, name id.Name, known bool, err error) {
	c, err := r.ByStreamKey(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return id.Channel{}, "", false, nil
	}
	return c.ID, c.Name, err == nil, err
}

// List returns all channels, by name.
func (r *Registry) List(ctx context.Context) ([]Channel, error) {
	rows, err := r.rows.ListChannels(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Channel, len(rows))
	for i, row := range rows {
		list[i] = row.channel()
	}
	return list, nil
}

// RotateKey draws a new stream key and returns it. The old one admits nobody from now on.
func (r *Registry) RotateKey(ctx context.Context, channel id.Channel) (string, error) {
	key, hash := newStreamKey()
	if err := r.rows.SetKeyHash(ctx, channel, hash); err != nil {
		return "", err
	}
	return key, nil
}

// Exists reports whether a channel is there still.
func (r *Registry) Exists(ctx context.Context, channel id.Channel) (bool, error) {
	_, err := r.ByID(ctx, channel)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Remove removes a channel: its identity and its stream key are gone for good, and a channel of the same name will be another one.
func (r *Registry) Remove(ctx context.Context, channel id.Channel) error {
	return r.rows.RemoveChannel(ctx, channel)
}

// NextEpoch counts the channel's epoch up and returns it. It is durable: no restart gives it again.
func (r *Registry) NextEpoch(ctx context.Context, channel id.Channel) (uint64, error) {
	epoch, err := r.rows.NextEpoch(ctx, channel)
	if err == nil && (epoch == 0 || epoch > EpochMax) {
		return 0, fmt.Errorf("channel %s: epoch %d is out of range", channel, epoch)
	}
	return epoch, err
}

// SetOnAir notes that a broadcast of the channel began, or that it ended. It is durable. Of a channel that was removed meanwhile there is
// nothing left to note when its broadcast ends.
func (r *Registry) SetOnAir(ctx context.Context, channel id.Channel, on bool) error {
	err := r.rows.SetOnAir(ctx, channel, on)
	if !on && errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// OnAir returns the channels whose broadcast began and has not ended: at a start, those that the end of the process before cut off.
func (r *Registry) OnAir(ctx context.Context) (list []id.Channel, err error) {
	rows, err := r.rows.ListChannels(ctx)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.OnAir {
			list = append(list, row.ID)
		}
	}
	return list, nil
}

// Signer returns the channel's identity as something that signs.
func (r *Registry) Signer(ctx context.Context, channel id.Channel) (sign.Signer, error) {
	row, err := r.rows.FindChannel(ctx, Query{ID: channel})
	if err != nil {
		return nil, err
	}
	key, err := r.secret.open(row.Sealed, row.ID)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", row.Name, err)
	}
	return signer{key: sign.Key(key)}, nil
}

// signer keeps the key out of reach of whoever holds it, and out of logs.
type signer struct{ key sign.Key }

func (s signer) Public() [32]byte                      { return s.key.Public() }
func (s signer) Sign(message []byte) ([64]byte, error) { return s.key.Sign(message) }
func (s signer) String() string                        { return "(identity)" }
func (s signer) GoString() string                      { return "(identity)" }
func (s Secret) GoString() string                      { return "(secret)" }

func (r *Registry) find(ctx context.Context, q Query) (Channel, error) {
	row, err := r.rows.FindChannel(ctx, q)
	if err != nil {
		return Channel{}, err
	}
	return row.channel(), nil
}

func (row Row) channel() Channel { return Channel{ID: row.ID, Name: row.Name, Created: row.Created} }

// clip keeps a hostile name from filling a log line.
func clip(s string) string {
	if len(s) > id.NameMax {
		return s[:id.NameMax] + "..."
	}
	return s
}
