package tracker

import (
	"bytes"
	"slices"
	"time"

	"shoal/server/event"
	"shoal/wire/signal"
)

// lateMax bounds the records that are kept for those who want them again, and lateFor says how old these may be.
const (
	lateMax = 32
	lateFor = 2 * time.Second
)

// late is a record of late.
type late struct {
	frame
	at time.Time
}

// tell sends one message to every viewer, encoded once.
func (r *room) tell(m signal.FromTracker) {
	f := frame{data: signal.EncodeTracker(m)}
	for _, v := range r.members {
		v.send(f)
	}
}

// happen tells viewers of a fact: all of them that something moved, those who share with the signed record that proves it.
func (r *room) happen(f event.Fact) {
	switch f := f.(type) {
	case event.CertificateSigned:
		r.share(binaryFrame(signal.FrameCertificate, f.Certificate), nil)
	case event.PartPublished:
		if last, ok := r.tips[f.Part.Track]; ok && last.Epoch == f.Part.Epoch && f.Part.Seq > last.Seq+1 {
			r.catchUp() // facts were lost: without the records between, this one hangs in the air
		}
		r.tips[f.Part.Track] = f.Part
		r.publish(f)
	case event.Missed:
		r.catchUp()
	case event.BroadcastEnded:
		clear(r.tips)
		r.tell(signal.Ended{})
	}
}

// publish sends a part's record, and word that there is a part, to all but those who have both from peers.
func (r *room) publish(f event.PartPublished) {
	record := binaryFrame(signal.FramePart, f.Manifest)
	if len(r.late) == lateMax {
		r.late = slices.Delete(r.late, 0, 1)
	}
	r.late = append(r.late, late{record, r.tracker.now()})
	r.share(record, f.Manifest)
	edge := frame{data: signal.EncodeTracker(signal.Edge{Track: f.Part.Track, MSN: f.MSN, Part: f.Index, Epoch: f.Part.Epoch})}
	for _, v := range r.members {
		if !v.weaned {
			v.send(edge)
		}
	}
}

// wean stops sending a viewer records, or begins again: then with those of late, unless it had them a moment ago.
func (r *room) wean(v *viewer, weaned bool) {
	if v.weaned == weaned {
		return
	}
	v.weaned = weaned
	now := r.tracker.now()
	if weaned || now.Sub(v.refreshed) < lateFor {
		return
	}
	v.refreshed = now
	for _, l := range r.late {
		if now.Sub(l.at) < lateFor {
			v.send(l.frame)
		}
	}
}

func binaryFrame(kind byte, body []byte) frame {
	return frame{binary: true, data: append([]byte{kind}, body...)}
}

// share sends a frame to those who share, but not to who got the record with its backlog just now, or has it from peers.
func (r *room) share(f frame, record []byte) {
	for _, v := range r.members {
		if v.mode == Share && (!v.weaned || record == nil) && !slices.ContainsFunc(v.fresh, func(b []byte) bool { return bytes.Equal(b, record) }) {
			v.send(f)
		}
	}
}

// backlog returns what proves the recent parts: certificates first, then records.
func (r *room) backlog() (f frame, records [][]byte) {
	certificates, records := r.tracker.broadcasts.Recent(r.channel)
	records = records[max(0, len(records)-backlogMax):]
	f = frame{binary: true, more: make([][]byte, 0, len(certificates)+len(records))}
	for _, c := range certificates {
		f.more = append(f.more, append([]byte{signal.FrameCertificate}, c...))
	}
	for _, b := range records {
		f.more = append(f.more, append([]byte{signal.FramePart}, b...))
	}
	return f, records
}

// brief sends a newcomer the backlog.
func (r *room) brief(v *viewer) {
	f, records := r.backlog()
	v.fresh = records
	if len(f.more) > 0 {
		v.send(f)
	}
}

// catchUp sends the backlog to all who share.
func (r *room) catchUp() {
	f, _ := r.backlog()
	for _, v := range r.members {
		if v.mode == Share && len(f.more) > 0 {
			v.send(f)
		}
	}
}
