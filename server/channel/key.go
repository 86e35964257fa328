package channel

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"shoal/id"
)

// streamKeySize is 256 bits: no number of guesses finds one.
const streamKeySize = 32

var streamKeyText = base64.RawURLEncoding.Strict()

// newStreamKey draws a stream key and returns it with its hash.
func newStreamKey() (text string, hash id.Digest) {
	var key [streamKeySize]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process instead
	return streamKeyText.EncodeToString(key[:]), sha256.Sum256(key[:])
}

// hashStreamKey returns the hash of a stream key as text, or ok false for text that cannot be one. Looking up by the
// hash leaks nothing through time: how much of a hash matches says nothing about the key.
func hashStreamKey(text string) (hash id.Digest, ok bool) {
	if len(text) != streamKeyText.EncodedLen(streamKeySize) {
		return id.Digest{}, false
	}
	key, err := streamKeyText.DecodeString(text)
	if err != nil || len(key) != streamKeySize {
		return id.Digest{}, false
	}
	return sha256.Sum256(key), true
}
