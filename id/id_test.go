package id

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseName(t *testing.T) {
	good := []string{"a", "0", "demo", "my-channel", "a_b", "9lives", "a-", strings.Repeat("x", NameMax)}
	for _, s := range good {
		if n, err := ParseName(s); err != nil || string(n) != s {
			t.Errorf("ParseName(%q) = %q, %v", s, n, err)
		}
	}
	bad := []string{"", "-a", "_a", "A", "a b", "a/b", "..", "a.b", "é", "a\x00", "a\n", strings.Repeat("x", NameMax+1)}
	for _, s := range bad {
		if _, err := ParseName(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParseName(%q): %v, want ErrMalformed", s, err)
		}
	}
}

func TestChannelText(t *testing.T) {
	c := Channel(bytes.Repeat([]byte{0xff}, 32))
	const want = "777777777777777777777777777777777777777777777777777q"
	if c.String() != want {
		t.Fatalf("String() = %q, want %q", c, want)
	}
	for _, s := range []string{
		"", want[:51], want + "7", strings.ToUpper(want), want[:51] + "=", want[:50] + "\n\n",
		want[:51] + "7", // the spare bits of the last letter are not zero
		"\n" + want, want[:20] + "\r\n" + want[20:],
	} {
		if _, err := ParseChannel(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParseChannel(%q): %v, want ErrMalformed", s, err)
		}
	}
}

func TestDigestText(t *testing.T) {
	if !(Digest{}).IsZero() || (Digest{31: 1}).IsZero() {
		t.Error("IsZero is wrong")
	}
	zero := strings.Repeat("0", 64)
	if _, err := ParseDigest(zero); err != nil {
		t.Errorf("ParseDigest(zeroes): %v", err)
	}
	for _, s := range []string{"", zero[:63], zero + "0", zero[:63] + "A", zero[:63] + "g"} {
		if _, err := ParseDigest(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParseDigest(%q): %v, want ErrMalformed", s, err)
		}
	}
}

func TestPeerText(t *testing.T) {
	if got := Peer(0xab).String(); got != "00000000000000ab" {
		t.Errorf("String() = %q", got)
	}
	for _, s := range []string{
		"", "ab", "0000000000000000", "00000000000000AB", "000000000000000ab", "+0000000000000ab",
		"00000000000000_b", "0x000000000000ab", "fffffffffffffffff",
	} {
		if p, err := ParsePeer(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParsePeer(%q) = %v, %v, want ErrMalformed", s, p, err)
		}
	}
}

func TestTextFormsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "b")
		if c, err := ParseChannel(Channel(b).String()); err != nil || c != Channel(b) {
			t.Fatalf("channel %x: %v", b, err)
		}
		if d, err := ParseDigest(Digest(b).String()); err != nil || d != Digest(b) {
			t.Fatalf("digest %x: %v", b, err)
		}
		p := Peer(rapid.Uint64Min(1).Draw(t, "p"))
		if q, err := ParsePeer(p.String()); err != nil || q != p {
			t.Fatalf("peer %v: %v", p, err)
		}
	})
}

// FuzzText holds every parser of this package to one spelling per name.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "demo", Channel{}.String(), Digest{}.String(), Peer(1).String()} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseChannel(s); err == nil && c.String() != s {
			t.Errorf("channel %q reads as %q", s, c)
		}
		if d, err := ParseDigest(s); err == nil && d.String() != s {
			t.Errorf("digest %q reads as %q", s, d)
		}
		if p, err := ParsePeer(s); err == nil && (p.String() != s || p == Origin) {
			t.Errorf("peer %q reads as %q", s, p)
		}
		if n, err := ParseName(s); err == nil && string(n) != s {
			t.Errorf("name %q reads as %q", s, n)
		}
	})
}
