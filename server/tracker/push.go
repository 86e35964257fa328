package tracker

import (
	"bytes"
	"slices"
	"time"

	"shoal/segment"
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
	track segment.Track
	at    time.Time
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
		r.share(binaryFrame(signal.FrameCertificate, f.Certificate), nil, segment.AllTracks)
	case event.PartPublished:
		if last, ok := r.tips[f.Part.Track]; ok && last.Epoch == f.Part.Epoch && f.Part.Seq > last.Seq+1 {
			r.catchUp() // facts were lost: without the records between, this one hangs in the air
		}
		r.tips[f.Part.Track] = f.Part
		r.publish(f)
	case event.SharingSet:
		r.heed()
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
	track := f.Part.Track
	r.late = append(r.late, late{record, track, r.tracker.now()})
	r.share(record, f.Manifest, 1<<track)
	edge := frame{data: signal.EncodeTracker(signal.Edge{Track: track, MSN: f.MSN, Part: f.Index, Epoch: f.Part.Epoch})}
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
		if now.Sub(l.at) < lateFor && v.follows.Has(l.track) {
			v.send(l.frame)
		}
	}
}

func binaryFrame(kind byte, body []byte) frame {
	return frame{binary: true, data: append([]byte{kind}, body...)}
}

// share sends a frame to those who share and follow one of tracks, but not to who got the record with its backlog just now,
// or has it from peers.
func (r *room) share(f frame, record []byte, tracks segment.Tracks) {
	for _, v := range r.members {
		if v.mode == Share && v.follows&tracks != 0 && (!v.weaned || record == nil) && !slices.ContainsFunc(v.fresh, func(b []byte) bool { return bytes.Equal(b, record) }) {
			v.send(f)
		}
	}
}

// backlog returns what proves the recent parts of tracks: certificates first, then records.
func (r *room) backlog(tracks segment.Tracks) (f frame, records [][]byte) {
	certificates, records := r.tracker.broadcasts.Recent(r.channel)
	if tracks != segment.AllTracks {
		records = slices.DeleteFunc(slices.Clone(records), func(b []byte) bool { return !tracks.Has(trackOf(b)) })
	}
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

// trackAt is where a record names its track (docs/protocol.md, section 3).
const trackAt = 56

func trackOf(record []byte) segment.Track {
	if len(record) <= trackAt {
		return 0
	}
	return segment.Track(record[trackAt])
}

// brief sends a newcomer the backlog.
func (r *room) brief(v *viewer) {
	v.fresh = r.recount(v, v.follows)
}

// recount sends a viewer the backlog of tracks, and returns its records.
func (r *room) recount(v *viewer, tracks segment.Tracks) [][]byte {
	if tracks == 0 || r.epoch > 0 { // who plays a recording asks the origin for what lies ahead
		return nil
	}
	f, records := r.backlog(tracks)
	if len(f.more) > 0 {
		v.send(f)
	}
	return records
}

// catchUp sends the backlog to all who share.
func (r *room) catchUp() {
	frames := map[segment.Tracks]frame{} // at most one for each set that is followed
	for _, v := range r.members {
		if v.mode != Share {
			continue
		}
		f, ok := frames[v.follows]
		if !ok {
			f, _ = r.backlog(v.follows)
			frames[v.follows] = f
		}
		if len(f.more) > 0 {
			v.send(f)
		}
	}
}
