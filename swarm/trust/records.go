package trust

import (
	"slices"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
)

// Bounds of the records under way.
const (
	// PendingMax bounds the signature checks under way: a newcomer is told of some eight seconds of every track at once.
	PendingMax = 256
	// WaitingMax bounds the part records that wait for their certificate.
	WaitingMax = 256
	// CertificatesMax is how many certificates are kept: the newest and the one that it relieves.
	CertificatesMax = 2
	// RecordedCertificatesMax is how many are kept of a recording, where any place may be played next: two or three of half a day while
	// it was live, and one for each time that rungs were made of it afterwards.
	RecordedCertificatesMax = 8
	// ClockSlackMS is how far clocks may differ when a certificate's time is judged (security fault F06).
	ClockSlackMS = 90_000
)

// Verdict says what became of an offered record.
type Verdict uint8

// The verdicts.
const (
	Ignored  Verdict = iota // known already, or no room: nothing to do
	Checking                // its signature must be checked
	Held                    // kept until its certificate comes
	Refused                 // malformed, or of another channel or a past epoch: its sender is to blame
)

// Check is a signature to be checked.
type Check struct {
	Ref       uint32
	Key       [32]byte
	Signature [manifest.SignatureSize]byte
	Message   []byte
}

// Accepted is a part record whose signature is good.
type Accepted struct {
	Part   *manifest.Part
	Record []byte
	Digest id.Digest
	Forked bool // it contradicts another good record: the source tells two stories
}

// Records takes signed records from anyone and gives back those that the channel signed.
type Records struct {
	Channel id.Channel
	// Recorded says that the channel is a recording: its certificates were good when it was made, and players leap.
	Recorded bool

	certificates []certified // newest last
	pending      []pending
	waiting      []offer
	edges        [segment.TracksMax]manifest.Edge
	nextRef      uint32
}

type certified struct {
	manifest.Certificate
	record []byte
}

type offer struct {
	from   id.Peer
	digest id.Digest
	record []byte
	part   *manifest.Part // nil for a certificate
	cert   manifest.Certificate
}

type pending struct {
	ref uint32
	offer
}

// Offer takes a record. The bytes are copied. wallMS is the wall clock now. With Checking, check is to be done.
func (r *Records) Offer(from id.Peer, digest id.Digest, record []byte, wallMS int64) (Verdict, Check) {
	for i := range r.pending {
		if r.pending[i].digest == digest {
			return Ignored, Check{}
		}
	}
	if len(record) == manifest.CertificateSize {
		return r.offerCertificate(offer{from: from, digest: digest, record: slices.Clone(record)}, wallMS)
	}
	p, err := manifest.ParsePart(record)
	if err != nil || p.Channel != r.Channel {
		return Refused, Check{}
	}
	return r.offerPart(offer{from: from, digest: digest, record: slices.Clone(record), part: p})
}

func (r *Records) offerCertificate(o offer, wallMS int64) (Verdict, Check) {
	c, err := manifest.ParseCertificate(o.record)
	if err != nil || c.Channel != r.Channel {
		return Refused, Check{}
	}
	for i := range r.certificates {
		if slices.Equal(r.certificates[i].record, o.record) || c.Epoch < r.certificates[i].Epoch {
			return Ignored, Check{}
		}
	}
	if !r.Recorded && !c.ValidAt(uint64(wallMS), ClockSlackMS) {
		return Ignored, Check{}
	}
	o.cert = c
	return r.check(o, c.Channel, c.Signature)
}

func (r *Records) offerPart(o offer) (Verdict, Check) {
	if r.edges[o.part.Track].Judge(o.part) == manifest.Stale {
		return Ignored, Check{}
	}
	session, ok := r.session(o.part)
	if !ok || r.Recorded && r.certifying() {
		return r.hold(o), Check{}
	}
	return r.check(o, session, o.part.Signature)
}

// session returns the key that may have signed p.
func (r *Records) session(p *manifest.Part) (key [32]byte, ok bool) {
	for i := len(r.certificates) - 1; i >= 0; i-- {
		if c := r.certificates[i]; c.Epoch == p.Epoch && p.Seq >= c.MinSeq {
			return c.Session, true
		}
	}
	return key, false
}

// certifying reports whether a certificate of the origin's is being checked. Of a recording, whose certificates all come at the beginning,
// one of them may be what says whose a part is: judged by another it would look forged. A neighbour's holds nothing up.
func (r *Records) certifying() bool {
	return slices.ContainsFunc(r.pending, func(p pending) bool { return p.part == nil && p.from == id.Origin })
}

// hold keeps o until a certificate comes. When there is no room the oldest makes it: parts grow stale.
func (r *Records) hold(o offer) Verdict {
	for i := range r.waiting {
		if r.waiting[i].digest == o.digest {
			return Ignored
		}
	}
	if len(r.waiting) == WaitingMax {
		r.waiting = append(r.waiting[:0], r.waiting[1:]...)
	}
	r.waiting = append(r.waiting, o)
	return Held
}

func (r *Records) check(o offer, key [32]byte, signature [manifest.SignatureSize]byte) (Verdict, Check) {
	if len(r.pending) == PendingMax {
		return Ignored, Check{}
	}
	r.nextRef++
	r.pending = append(r.pending, pending{r.nextRef, o})
	message := o.record[:len(o.record)-manifest.SignatureSize]
	return Checking, Check{Ref: r.nextRef, Key: key, Signature: signature, Message: message}
}

// Settled takes the answer to a Check. It returns the part that is now accepted, if it was one; further checks, if a
// certificate set waiting records free; and who offered it, for blame when the answer was no.
func (r *Records) Settled(ref uint32, good bool) (accepted *Accepted, more []Check, from id.Peer, known bool) {
	i := 0
	for ; i < len(r.pending) && r.pending[i].ref != ref; i++ {
	}
	if i == len(r.pending) {
		return nil, nil, 0, false
	}
	o := r.pending[i].offer
	r.pending = append(r.pending[:i], r.pending[i+1:]...)
	switch {
	case !good && o.part == nil && r.Recorded:
		return nil, r.release(), o.from, true
	case !good:
		return nil, nil, o.from, true
	case o.part == nil:
		return nil, r.admit(o), o.from, true
	}
	return r.accept(o), nil, o.from, true
}

func (r *Records) admit(o offer) (more []Check) {
	most, at := CertificatesMax, len(r.certificates)
	if r.Recorded {
		most = RecordedCertificatesMax
		for at > 0 && r.certificates[at-1].MinSeq > o.cert.MinSeq { // they are checked in any order
			at--
		}
	}
	r.certificates = slices.Insert(r.certificates, at, certified{o.cert, o.record})
	r.certificates = slices.Delete(r.certificates, 0, max(0, len(r.certificates)-most))
	return r.release()
}

// release offers the records again that waited for a certificate.
func (r *Records) release() (more []Check) {
	waiting := r.waiting
	r.waiting = nil
	for _, w := range waiting {
		if verdict, check := r.offerPart(w); verdict == Checking {
			more = append(more, check)
		}
	}
	return more
}

func (r *Records) accept(o offer) *Accepted {
	edge := &r.edges[o.part.Track]
	verdict := edge.Judge(o.part)
	if verdict == manifest.Stale || verdict == manifest.Leap && !r.Recorded {
		return nil
	}
	*edge = edge.Advance(o.part, o.digest)
	return &Accepted{Part: o.part, Record: o.record, Digest: o.digest, Forked: verdict == manifest.Fork}
}

// CertificateFor returns the certificate record under which p's record is good, or nil.
func (r *Records) CertificateFor(p *manifest.Part) []byte {
	for i := len(r.certificates) - 1; i >= 0; i-- {
		if c := r.certificates[i]; c.Epoch == p.Epoch && p.Seq >= c.MinSeq {
			return c.record
		}
	}
	return nil
}
