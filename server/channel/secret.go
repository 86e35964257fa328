package channel

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"shoal/id"
)

// SecretFile is the name of the secret's file in the data directory.
const SecretFile = "secret.key"

const (
	secretSize = 32
	nonceSize  = 12
	sealDomain = "shoal.identity.v1"
)

// Secret seals the identities of one data directory.
type Secret [secretSize]byte

// String hides the secret from logs.
func (Secret) String() string { return "(secret)" }

// OpenSecret reads the secret of the data directory dir, and draws one if there is none. Two processes that start at
// once get the same one.
func OpenSecret(dir string) (Secret, error) {
	path := filepath.Join(dir, SecretFile)
	s, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := drawSecret(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Secret{}, fmt.Errorf("cannot make %s: %w; check that the data directory is writable", path, err)
	}
	return readSecret(path)
}

func readSecret(path string) (Secret, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Secret{}, fmt.Errorf("cannot read the data directory's secret: %w", err)
	}
	if len(b) != secretSize {
		return Secret{}, fmt.Errorf("%s has %d bytes instead of %d: restore it from a backup", path, len(b), secretSize)
	}
	return Secret(b), nil
}

// drawSecret writes a whole file beside path and then links it there: a reader sees all of it or nothing, and of two
// writers the second fails with fs.ErrExist.
func drawSecret(dir, path string) error {
	var s Secret
	_, _ = rand.Read(s[:])
	f, err := os.CreateTemp(dir, SecretFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(s[:])
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the names in a directory durable. Without secret.key the database is worth nothing.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s Secret) cipher() cipher.AEAD {
	block, err := aes.NewCipher(s[:])
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for a block cipher of another width
	}
	return aead
}

// seal returns nonce and ciphertext of an identity's seed.
func (s Secret) seal(identity ed25519.PrivateKey, channel id.Channel) []byte {
	nonce := make([]byte, nonceSize, nonceSize+ed25519.SeedSize+16)
	_, _ = rand.Read(nonce)
	return s.cipher().Seal(nonce, nonce, identity.Seed(), append([]byte(sealDomain), channel[:]...))
}

// open undoes seal. It returns ErrSecret if the seed was sealed by another secret, or for another channel.
func (s Secret) open(sealed []byte, channel id.Channel) (ed25519.PrivateKey, error) {
	if len(sealed) < nonceSize {
		return nil, ErrSecret
	}
	seed, err := s.cipher().Open(nil, sealed[:nonceSize], sealed[nonceSize:], append([]byte(sealDomain), channel[:]...))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, ErrSecret
	}
	key := ed25519.NewKeyFromSeed(seed)
	if id.Channel(key.Public().(ed25519.PublicKey)) != channel {
		return nil, ErrSecret
	}
	return key, nil
}
