package channel_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"shoal/id"
	"shoal/manifest/sign"
	"shoal/server/channel"
	"shoal/server/store/sqlite"
)

// open returns a registry in a data directory, as serve does.
func open(t *testing.T, dir string) *channel.Registry {
	t.Helper()
	r, err := tryOpen(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func tryOpen(t *testing.T, dir string) (*channel.Registry, error) {
	t.Helper()
	secret, err := channel.OpenSecret(dir)
	if err != nil {
		return nil, err
	}
	rows, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = rows.Close() })
	return channel.Open(t.Context(), channel.Config{Rows: rows, Secret: secret})
}

func add(t *testing.T, r *channel.Registry, name string) (channel.Channel, string) {
	t.Helper()
	c, key, err := r.Add(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func TestAdd(t *testing.T) {
	r := open(t, t.TempDir())
	c, key := add(t, r, "reef")
	if len(key) != 43 || strings.ContainsAny(key, "+/=") {
		t.Errorf("stream key of %d characters", len(key))
	}
	for what, find := range map[string]func() (channel.Channel, error){
		"name": func() (channel.Channel, error) { return r.ByName(t.Context(), "reef") },
		"id":   func() (channel.Channel, error) { return r.ByID(t.Context(), c.ID) },
		"key":  func() (channel.Channel, error) { return r.ByStreamKey(t.Context(), key) },
	} {
		if got, err := find(); err != nil || got != c {
			t.Errorf("by %s: %+v, %v; want %+v", what, got, err, c)
		}
	}
	if ch, name, known, err := r.Admit(t.Context(), key); err != nil || !known || ch != c.ID || name != "reef" {
		t.Errorf("Admit: %v %v %v %v", ch, name, known, err)
	}
	if _, _, err := r.Add(t.Context(), "reef"); !errors.Is(err, channel.ErrTaken) || !strings.Contains(err.Error(), "reef") {
		t.Errorf("the same name again: %v", err)
	}
	for _, name := range []string{"", "Reef", "a b", "../x", "-a", strings.Repeat("x", 5000)} {
		if _, _, err := r.Add(t.Context(), name); !errors.Is(err, channel.ErrInvalid) || len(err.Error()) > 300 {
			t.Errorf("name %.20q: %v", name, err)
		}
	}
	if list, err := r.List(t.Context()); err != nil || len(list) != 1 || list[0] != c {
		t.Errorf("list %+v, %v", list, err)
	}
}

func TestWrongKeysAdmitNobody(t *testing.T) {
	r := open(t, t.TempDir())
	_, key := add(t, r, "reef")
	flipped := []byte(key)
	flipped[5] ^= 1
	for _, wrong := range []string{"", "reef", key[:42], key + "A", key + "\n", " " + key, strings.ToUpper(key), string(flipped),
		strings.Repeat("A", 43), strings.Repeat("_", 43), strings.Repeat("x", 1<<16)} {
		_, err := r.ByStreamKey(t.Context(), wrong)
		if !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("key %.50q: %v, want ErrNotFound", wrong, err)
		}
		if _, _, known, err := r.Admit(t.Context(), wrong); known || err != nil {
			t.Errorf("key %.50q: admitted %v, %v", wrong, known, err)
		}
		if len(wrong) > 40 && strings.Contains(err.Error(), wrong[:40]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestRotateKey(t *testing.T) {
	r := open(t, t.TempDir())
	c, old := add(t, r, "reef")
	key, err := r.RotateKey(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.ByStreamKey(t.Context(), old); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("the old key: %v", err)
	}
	if got, err := r.ByStreamKey(t.Context(), key); err != nil || got != c {
		t.Errorf("the new key: %+v, %v", got, err)
	}
	if _, err := r.RotateKey(t.Context(), id.Channel{1}); !errors.Is(err, channel.ErrNotFound) {
		t.Errorf("unknown channel: %v", err)
	}
}

func TestIdentitySurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	c, _ := add(t, open(t, dir), "reef")
	signer, err := open(t, dir).Signer(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("a message")
	signature, err := signer.Sign(message)
	if err != nil || !sign.Verify(c.ID, message, signature) {
		t.Errorf("the signature is not the channel's: %v", err)
	}
	if id.Channel(signer.Public()) != c.ID {
		t.Error("the signer is not the channel")
	}
}

// No file holds the stream key, and the database alone holds no private key.
func TestNothingSecretRestsOpen(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	c, key := add(t, r, "reef")
	if _, err := r.NextEpoch(t.Context(), c.ID); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), key) {
			t.Errorf("%s holds the stream key", f.Name())
		}
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
	if err := os.Remove(filepath.Join(dir, channel.SecretFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(t, dir); !errors.Is(err, channel.ErrSecret) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("with another secret: %v", err)
	}
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	var mu sync.Mutex
	all := make(map[channel.Secret]bool)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			s, err := channel.OpenSecret(dir)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			all[s] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(all) != 1 {
		t.Errorf("%d secrets in one directory", len(all))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("files %v, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(dir, channel.SecretFile), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := channel.OpenSecret(dir); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a damaged secret: %v", err)
	}
	if _, err := channel.OpenSecret(filepath.Join(dir, "missing")); err == nil {
		t.Error("a secret in a missing directory")
	}
}

func TestUnknownChannel(t *testing.T) {
	r := open(t, t.TempDir())
	for what, err := range map[string]error{
		"ByName": second(r.ByName(t.Context(), "reef")), "ByName of nothing": second(r.ByName(t.Context(), "")),
		"ByID": second(r.ByID(t.Context(), id.Channel{})), "NextEpoch": second(r.NextEpoch(t.Context(), id.Channel{})),
		"Signer": second(r.Signer(context.Background(), id.Channel{})), "SetOnAir": r.SetOnAir(t.Context(), id.Channel{}, true),
	} {
		if !errors.Is(err, channel.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", what, err)
		}
	}
	if err := r.SetOnAir(t.Context(), id.Channel{}, false); err != nil {
		t.Error("a removed channel's broadcast ends:", err)
	}
}

func second[T any](_ T, err error) error { return err }
