package srt

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"time"
)

// cookieLasts is for how long a cookie is good, at least; at most twice as long.
const cookieLasts = 30 * time.Second

// cookies show that a caller receives at the address that it sends from. Nothing is kept of those who get one.
type cookies struct{ secret [32]byte }

func newCookies() *cookies {
	c := &cookies{}
	_, _ = rand.Read(c.secret[:]) // never fails: crypto/rand ends the process instead
	return c
}

func (c *cookies) of(from netip.AddrPort, now time.Time) uint32 {
	return c.during(from, now.Unix()/int64(cookieLasts/time.Second))
}

func (c *cookies) valid(cookie uint32, from netip.AddrPort, now time.Time) bool {
	return cookie == c.of(from, now) || cookie == c.of(from, now.Add(-cookieLasts))
}

func (c *cookies) during(from netip.AddrPort, period int64) uint32 {
	mac := hmac.New(sha256.New, c.secret[:])
	address, _ := from.MarshalBinary() // fails for no address
	_, _ = mac.Write(address)          // a hash never fails
	_ = binary.Write(mac, binary.BigEndian, period)
	return binary.BigEndian.Uint32(mac.Sum(nil))
}
