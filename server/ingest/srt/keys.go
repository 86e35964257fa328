package srt

import (
	"bytes"
	"errors"

	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

// Key material (draft, section 3.2.2): 16 bytes, a salt of 16, then one or two wrapped keys and 8 bytes of check.
const (
	keyHead   = 16
	saltSize  = 16
	wrapExtra = 8
)

var errSecret = errors.New("the passphrase is wrong: copy it from the srt_url that \"shoal channel add\" printed")

// keyLength is the length of a stream key in key material, or 0.
func keyLength(km []byte) int {
	if len(km) < keyHead {
		return 0
	}
	return 4 * int(km[15])
}

// checkKeys looks at key material before anything is copied from it.
func checkKeys(km []byte) error {
	size, count := keyLength(km), 0
	if len(km) >= keyHead {
		count = map[byte]int{1: 1, 2: 1, 3: 2}[km[3]&3]
	}
	if size != 16 && size != 24 && size != 32 || count == 0 || 4*int(km[14]) != saltSize || len(km) != keyHead+saltSize+count*size+wrapExtra {
		return errForm
	}
	return nil
}

func salt(km []byte) []byte { return km[keyHead : keyHead+saltSize] }

// keys decrypt one connection's packets.
type keys struct {
	passphrase string
	crypto     crypto.Crypto
	material   []byte // last accepted
}

// unwrap checks the passphrase by opening the caller's key.
func unwrap(km []byte, passphrase string) (*keys, error) {
	if err := checkKeys(km); err != nil {
		return nil, err
	}
	c, err := crypto.New(keyLength(km))
	if err != nil {
		return nil, err
	}
	k := &keys{passphrase: passphrase, crypto: c}
	return k, k.take(km)
}

func (k *keys) take(km []byte) error {
	var ext packet.CIFKeyMaterialExtension
	if err := ext.Unmarshal(km); err != nil {
		return errForm
	}
	if err := k.crypto.UnmarshalKM(&ext, k.passphrase); err != nil {
		return errSecret
	}
	k.material = bytes.Clone(km)
	return nil
}

// refresh takes the key that follows, as encoders send it every some hours. Length and salt stay what they were: anything
// else is not this caller's, and is left alone.
func (k *keys) refresh(km []byte) error {
	if bytes.Equal(km, k.material) { // its answer was lost
		return nil
	}
	if err := checkKeys(km); err != nil {
		return err
	}
	if keyLength(km) != keyLength(k.material) || !bytes.Equal(salt(km), salt(k.material)) {
		return errForm
	}
	return k.take(km)
}

// open decrypts a packet in its place.
func (k *keys) open(data []byte, which byte, seq uint32) bool {
	if which != 1 && which != 2 {
		return false
	}
	return k.crypto.EncryptOrDecryptPayload(data, packet.PacketEncryption(which), seq) == nil
}
