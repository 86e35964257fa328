package trust

import (
	"crypto/ed25519"
	"testing"

	"shoal/id"
	"shoal/manifest"
	"shoal/manifest/sign"
	"shoal/segment"
	"shoal/span"
)

const wallMS = 1_700_000_000_000

func signer(seed byte) sign.Key {
	var b [ed25519.SeedSize]byte
	b[0] = seed
	return sign.Key(ed25519.NewKeyFromSeed(b[:]))
}

// story is a source that signs what a test tells it to.
type story struct {
	t                 *testing.T
	identity, session sign.Key
}

func (s story) certificate(epoch uint64) []byte {
	s.t.Helper()
	c, err := sign.Certificate(manifest.Certificate{Epoch: epoch, Session: s.session.Public(), NotBeforeMS: wallMS, NotAfterMS: wallMS + 1000}, s.identity)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.Append(nil)
}

func (s story) part(epoch, seq uint64, prev id.Digest, wall uint64) ([]byte, id.Digest) {
	s.t.Helper()
	p := &manifest.Part{
		Channel: s.identity.Public(), Epoch: epoch, Seq: seq, Prev: prev, Init: id.Digest{1}, WallMS: wall, DurationUS: 1,
		Length: 1, PieceSize: segment.PieceSizeMin, Hashes: make([]id.Digest, 1),
	}
	record, digest, err := sign.Part(p, s.session)
	if err != nil {
		s.t.Fatal(err)
	}
	return record, digest
}

// present offers a record and answers the check truthfully.
func present(r *Records, record []byte) (Verdict, *Accepted, bool) {
	verdict, check := r.Offer(id.Origin, sign.Digest(record), record, wallMS)
	if verdict != Checking {
		return verdict, nil, false
	}
	good := sign.Verify(check.Key, check.Message, check.Signature)
	accepted, more, _, _ := r.Settled(check.Ref, good)
	for _, c := range more {
		accepted, _, _, _ = r.Settled(c.Ref, sign.Verify(c.Key, c.Message, c.Signature))
	}
	return verdict, accepted, good
}

func TestRecords(t *testing.T) {
	s := story{t, signer(1), signer(2)}
	other := story{t, signer(3), signer(2)}
	forger := story{t, signer(1), signer(9)}
	first, d0 := s.part(5, 0, id.Digest{}, wallMS)
	second, _ := s.part(5, 1, d0, wallMS+500)
	rival, _ := s.part(5, 1, id.Digest{7}, wallMS+500)
	forged, _ := forger.part(5, 2, id.Digest{8}, wallMS)
	foreign, _ := other.part(5, 0, id.Digest{}, wallMS)
	old, _ := s.part(4, 9, id.Digest{9}, wallMS)
	leap, _ := s.part(5, 1+manifest.LeapMax+1, id.Digest{9}, wallMS)

	r := &Records{Channel: s.identity.Public()}
	if verdict, accepted, _ := present(r, first); verdict != Held || accepted != nil {
		t.Error("a part before its certificate:", verdict)
	}
	if verdict, accepted, _ := present(r, s.certificate(5)); verdict != Checking || accepted == nil || accepted.Part.Seq != 0 {
		t.Error("the certificate did not set its waiting part free:", verdict)
	}
	if verdict, _, _ := present(r, s.certificate(5)); verdict != Ignored {
		t.Error("the same certificate again:", verdict)
	}
	if verdict, _, _ := present(r, other.certificate(5)); verdict != Refused {
		t.Error("another channel's certificate:", verdict)
	}
	if _, accepted, _ := present(r, second); accepted == nil || accepted.Forked {
		t.Error("the next part:", accepted)
	}
	if _, accepted, _ := present(r, rival); accepted == nil {
		t.Error("a second story is accepted so that it can be shown")
	}
	if _, accepted, good := present(r, forged); accepted != nil || good {
		t.Error("a forged part was accepted")
	}
	if verdict, _, _ := present(r, foreign); verdict != Refused {
		t.Error("another channel's part:", verdict)
	}
	if verdict, _, _ := present(r, old); verdict != Ignored {
		t.Error("a part of a past epoch:", verdict)
	}
	if _, accepted, good := present(r, leap); accepted != nil || !good {
		t.Error("a leap was accepted")
	}
	if verdict, _, _ := present(r, first[:len(first)-1]); verdict != Refused {
		t.Error("a truncated part:", verdict)
	}
}

// A recording of half a day was signed by several session keys, one after the other, and its late rungs by one more: whatever order they are
// checked in, each part is held to its own.
func TestARecordingHasManySessions(t *testing.T) {
	const sessions, step = RecordedCertificatesMax, 1000
	identity := signer(1)
	var certificates, parts [][]byte
	for n := range sessions {
		s := story{t, identity, signer(byte(10 + n))}
		c, err := sign.Certificate(manifest.Certificate{
			Epoch: 5, Session: s.session.Public(), MinSeq: uint64(n * step), NotBeforeMS: wallMS, NotAfterMS: wallMS + 1000,
		}, identity)
		if err != nil {
			t.Fatal(err)
		}
		part, _ := s.part(5, uint64(n*step), id.Digest{byte(min(n, 1))}, wallMS) // nothing is before the first
		certificates, parts = append(certificates, c.Append(nil)), append(parts, part)
	}
	for name, order := range map[string]func(n int) int{
		"oldest first": func(n int) int { return n }, "newest first": func(n int) int { return sessions - 1 - n }, "mixed": func(n int) int { return n * 3 % sessions },
	} {
		r := &Records{Channel: identity.Public(), Recorded: true}
		var checks []Check
		for n := range sessions {
			_, c := r.Offer(id.Origin, sign.Digest(certificates[n]), certificates[n], wallMS)
			checks = append(checks, c)
		}
		for n := range sessions { // while certificates are being checked
			if verdict, _ := r.Offer(id.Origin, sign.Digest(parts[n]), parts[n], wallMS); verdict != Held {
				t.Errorf("%s: part %d before it is known whose it is: %v", name, n, verdict)
			}
		}
		accepted := 0
		settle := func(c Check) (more []Check) {
			good := sign.Verify(c.Key, c.Message, c.Signature)
			a, more, _, _ := r.Settled(c.Ref, good)
			if a != nil {
				accepted++
			}
			if !good {
				t.Errorf("%s: a check failed", name)
			}
			return more
		}
		var free []Check
		for n := range sessions {
			free = append(free, settle(checks[order(n)])...)
		}
		for _, c := range free {
			settle(c)
		}
		if accepted != sessions {
			t.Errorf("%s: %d of %d parts are accepted", name, accepted, sessions)
		}
	}
}

// A certificate that does not hold up keeps a recording's parts waiting no longer than its check.
func TestAForgedCertificateHoldsNothingUp(t *testing.T) {
	s, other := story{t, signer(1), signer(2)}, story{t, signer(1), signer(4)}
	r := &Records{Channel: s.identity.Public(), Recorded: true}
	if _, _, good := present(r, s.certificate(5)); !good {
		t.Fatal("the certificate")
	}
	forged := other.certificate(5)
	forged[len(forged)-1] ^= 1
	for from, want := range map[id.Peer]Verdict{id.Origin: Held, 7: Checking} {
		verdict, check := r.Offer(from, sign.Digest(forged), forged, wallMS)
		if verdict != Checking {
			t.Fatal(verdict)
		}
		part, _ := s.part(5, 0, id.Digest{}, wallMS+uint64(from))
		if verdict, _ := r.Offer(id.Origin, sign.Digest(part), part, wallMS); verdict != want {
			t.Errorf("while one from %d is checked: %v, want %v", from, verdict, want)
		}
		_, more, _, _ := r.Settled(check.Ref, false)
		if (len(more) == 1) != (want == Held) {
			t.Errorf("%d parts are set free", len(more))
		}
	}
}

func TestCertificateOutOfItsTime(t *testing.T) {
	s := story{t, signer(1), signer(2)}
	r := &Records{Channel: s.identity.Public()}
	record := s.certificate(1)
	for _, at := range []int64{wallMS - ClockSlackMS - 1, wallMS + 1000 + ClockSlackMS + 1} {
		if verdict, _ := r.Offer(id.Origin, sign.Digest(record), record, at); verdict != Ignored {
			t.Errorf("at %+d ms: %v", at-wallMS, verdict)
		}
	}
}

func TestWaitingAndPendingAreBounded(t *testing.T) {
	s := story{t, signer(1), signer(2)}
	r := &Records{Channel: s.identity.Public()}
	for seq := range uint64(2 * WaitingMax) {
		record, digest := s.part(5, seq+1, id.Digest{1}, wallMS)
		r.Offer(3, digest, record, wallMS)
	}
	if len(r.waiting) != WaitingMax {
		t.Error(len(r.waiting), "records wait")
	}
	record := s.certificate(5)
	_, check := r.Offer(id.Origin, sign.Digest(record), record, wallMS)
	r.Settled(check.Ref, true)
	for seq := range uint64(2 * PendingMax) {
		record, digest := s.part(5, seq+500, id.Digest{1}, wallMS)
		r.Offer(3, digest, record, wallMS)
	}
	if len(r.pending) > PendingMax || len(r.waiting) > WaitingMax {
		t.Error(len(r.pending), "checks under way,", len(r.waiting), "waiting")
	}
}

func TestBansAreKeptAndBounded(t *testing.T) {
	var b Bans
	for p := range id.Peer(2 * BannedMax) {
		b.Add(p + 1)
	}
	if len(b.peers) != BannedMax || !b.Has(2*BannedMax) || b.Has(1) {
		t.Error("the newest bans are not the ones kept")
	}
}

func TestAllowance(t *testing.T) {
	var a Allowance
	for i := range MessagesBurst {
		if !a.Take(0, 1) {
			t.Fatal("refused message", i)
		}
	}
	if a.Take(0, 1) {
		t.Error("allowed more than a burst")
	}
	if !a.Take(span.Second, MessagesPerSecond) || a.Take(span.Second, 1) {
		t.Error("a second earns exactly its messages")
	}
}
