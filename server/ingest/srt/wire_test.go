package srt

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"
)

// says is a handshake as gosrt writes it.
func says(t testing.TB, change func(*packet.CIFHandshake)) []byte {
	t.Helper()
	h := &packet.CIFHandshake{
		IsRequest: true, Version: 5, InitialPacketSequenceNumber: circular.New(77, packet.MAX_SEQUENCENUMBER), MaxTransmissionUnitSize: 1500, MaxFlowWindowSize: 8192,
		HandshakeType: packet.HSTYPE_CONCLUSION, SRTSocketId: 99, SynCookie: 5,
		HasHS: true, SRTHS: &packet.CIFHandshakeExtension{SRTVersion: 0x010501, SendTSBPDDelay: 250, RecvTSBPDDelay: 120},
		HasSID: true, StreamId: rightAsked, HasCongestionCtl: true, CongestionCtl: "live",
	}
	if change != nil {
		change(h)
	}
	var b bytes.Buffer
	if err := h.Marshal(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// material is key material as gosrt writes it.
func material(t testing.TB, c crypto.Crypto, passphrase string, which packet.PacketEncryption) []byte {
	t.Helper()
	var km packet.CIFKeyMaterialExtension
	if err := c.MarshalKM(&km, passphrase, which); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := km.Marshal(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHandshakesAreRead(t *testing.T) {
	h, err := parseHandshake(says(t, nil))
	if err != nil || h.version != 5 || h.isn != 77 || h.socket != 99 || h.cookie != 5 || h.streamID != rightAsked || !h.extended || h.sendDelay != 250 || h.mtu != 1500 {
		t.Errorf("%+v %v", h, err)
	}
	if h, err := parseHandshake(says(t, func(h *packet.CIFHandshake) { h.Version, h.HandshakeType = 4, packet.HSTYPE_INDUCTION })); err != nil || h.kind != kindInduction {
		t.Errorf("%+v %v", h, err)
	}
	whole := says(t, nil)
	for n := range whole { // the case that ends gosrt 0.11 is 49
		if h, err := parseHandshake(whole[:n]); err == nil && n > handshakeSize && h.streamID != "" {
			t.Errorf("%d bytes of %d are taken for whole", n, len(whole))
		}
	}
	if _, err := parseHandshake(append(whole, whole[handshakeSize:]...)); err == nil {
		t.Error("an extension may come twice")
	}
}

func TestAnswersAreRead(t *testing.T) {
	h, err := parseHandshake(says(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	c, err := crypto.New(24)
	if err != nil {
		t.Fatal(err)
	}
	h.key = material(t, c, rightPass, packet.EvenKeyEncrypted)
	var got packet.CIFHandshake
	if err := got.Unmarshal(h.conclusion(4711, 300)); err != nil {
		t.Fatal(err)
	}
	if got.SRTSocketId != 4711 || !got.HasHS || got.SRTHS.RecvTSBPDDelay != 300 || got.SRTHS.SendTSBPDDelay != 300 || !got.HasKM || got.EncryptionField != 3 || got.SRTKM.KLen != 24 ||
		got.MaxFlowWindowSize != windowMax || got.HandshakeType != packet.HSTYPE_CONCLUSION {
		t.Errorf("%v", got)
	}
	if err := got.Unmarshal(h.induction(12)); err != nil || got.SynCookie != 12 || got.Version != 5 || got.HandshakeType != packet.HSTYPE_INDUCTION {
		t.Errorf("%v %v", got, err)
	}
}

// What a stranger is sent is never longer than what he sent.
func TestNothingIsAmplified(t *testing.T) {
	question := says(t, func(h *packet.CIFHandshake) {
		h.HandshakeType, h.HasHS, h.HasSID, h.HasCongestionCtl = packet.HSTYPE_INDUCTION, false, false, false
	})
	h, err := parseHandshake(question)
	if err != nil {
		t.Fatal(err)
	}
	if a := h.induction(1); len(a) > len(question) {
		t.Errorf("%d bytes for %d", len(a), len(question))
	}
	if a := h.refusal(rejectOverload); len(a) > len(question) {
		t.Errorf("%d bytes for %d", len(a), len(question))
	}
}

func TestCookiesBelongToAnAddressAndATime(t *testing.T) {
	c, now := newCookies(), time.Unix(1_700_000_000, 0)
	a, b := netip.MustParseAddrPort("192.0.2.1:5000"), netip.MustParseAddrPort("192.0.2.1:5001")
	cookie := c.of(a, now)
	if !c.valid(cookie, a, now) || !c.valid(cookie, a, now.Add(cookieLasts)) {
		t.Error("a good cookie is refused")
	}
	if c.valid(cookie, b, now) || c.valid(cookie, a, now.Add(3*cookieLasts)) || newCookies().valid(cookie, a, now) {
		t.Error("a cookie is good for another address, time or server")
	}
}

func TestKeysAreTakenWithTheRightPassphraseOnly(t *testing.T) {
	c, err := crypto.New(16)
	if err != nil {
		t.Fatal(err)
	}
	km := material(t, c, rightPass, packet.EvenKeyEncrypted)
	if _, err := unwrap(km, wrongPass); err != errSecret {
		t.Errorf("a wrong passphrase: %v", err)
	}
	k, err := unwrap(km, rightPass)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("a picture")
	secret := bytes.Clone(data)
	if err := c.EncryptOrDecryptPayload(secret, packet.EvenKeyEncrypted, 5); err != nil {
		t.Fatal(err)
	}
	if !k.open(secret, 1, 5) || !bytes.Equal(secret, data) {
		t.Errorf("%q", secret)
	}
	if k.open(secret, 0, 5) || k.open(secret, 3, 5) {
		t.Error("what is not encrypted is taken on an encrypted connection")
	}
	// The key that follows is taken; another caller's, or one of another length, is not.
	if err := c.GenerateSEK(packet.OddKeyEncrypted); err != nil {
		t.Fatal(err)
	}
	if err := k.refresh(material(t, c, rightPass, packet.EvenAndOddKey)); err != nil {
		t.Errorf("the next key: %v", err)
	}
	other, err := crypto.New(16)
	if err != nil {
		t.Fatal(err)
	}
	longer, err := crypto.New(32)
	if err != nil {
		t.Fatal(err)
	}
	for _, foreign := range [][]byte{material(t, other, rightPass, packet.OddKeyEncrypted), material(t, longer, rightPass, packet.OddKeyEncrypted), km[:len(km)-4], nil, {1}} {
		if k.refresh(foreign) == nil {
			t.Errorf("%x is taken", foreign)
		}
	}
}

func FuzzDatagram(f *testing.F) {
	c, err := crypto.New(16)
	if err != nil {
		f.Fatal(err)
	}
	km := material(f, c, rightPass, packet.EvenKeyEncrypted)
	f.Add(controlPacket(typeHandshake, 0, 0, 0, 0, says(f, nil)))
	f.Add(controlPacket(typeUser, subKeyRequest, 0, 0, 1, km))
	f.Add(controlPacket(typeAckAck, 0, 1, 0, 1, nil))
	f.Add(append(binary.BigEndian.AppendUint32(nil, 5), make([]byte, 40)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, body, ok := parseHeader(b)
		if !ok {
			return
		}
		if h.key > 3 || h.seq > seqMask || len(body)+headerSize != len(b) {
			t.Fatalf("%+v", h)
		}
		if hs, err := parseHandshake(body); err == nil {
			if len(hs.streamID) > streamIDMax || len(hs.key) > keyMax {
				t.Fatalf("%+v", hs)
			}
			if len(hs.induction(1)) > handshakeSize || len(hs.refusal(1)) > handshakeSize || len(hs.conclusion(1, 1)) > handshakeSize+64+len(hs.key) {
				t.Fatal("an answer is too long")
			}
		}
		if checkKeys(body) == nil && len(body) > keyMax {
			t.Fatalf("key material of %d bytes", len(body))
		}
		k := &keys{passphrase: rightPass, crypto: c, material: km}
		if checkKeys(body) == nil && salt(body) != nil && !bytes.Equal(body, km) && bytes.Equal(salt(body), salt(km)) {
			_ = k.refresh(body)
		}
	})
}
