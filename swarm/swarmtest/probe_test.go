package swarmtest

import (
	"testing"

	"shoal/id"
	"shoal/span"
	"shoal/swarm"
	"shoal/wire"
)

// says steps an engine that just met a peer through some seconds, and returns what it says of a kind.
func says(e *swarm.Engine, first wire.Message, kind byte) (all []wire.Message) {
	const other = id.Peer(2)
	inputs := []swarm.Input{swarm.PeerUp{Peer: other}, swarm.Said{Peer: other, Data: wire.Append(nil, first)}}
	if kind == wire.TypeEcho {
		inputs = append(inputs, swarm.Said{Peer: other, Data: wire.Append(nil, wire.Probe{Clock: 0xfffffff0})})
	}
	for now := span.Second; now < 8*span.Second; now += 5 * span.Millisecond {
		var in swarm.Input = swarm.Tick{}
		if len(inputs) > 0 {
			in, inputs = inputs[0], inputs[1:]
		}
		for _, o := range e.Step(now, in, nil) {
			if s, ok := o.(swarm.Say); ok && s.Data[0] == kind {
				m, err := wire.Parse(s.Data)
				if err != nil {
					panic(err)
				}
				all = append(all, m)
			}
		}
	}
	return all
}

func TestOnlyWhoAnswersIsProbed(t *testing.T) {
	born := swarm.Config{Self: 1, UplinkBytesPerSecond: 100_000}
	if n := len(says(swarm.New(born), wire.Hello{Version: wire.Version, Stripes: 16}, wire.TypeProbe)); n != 0 {
		t.Errorf("%d probes to a peer that knows of none", n)
	}
	if n := len(says(swarm.New(born), wire.Hello{Version: wire.Version, Stripes: 16, Echoes: true}, wire.TypeProbe)); n == 0 || n > 3 {
		t.Errorf("%d probes to a newcomer while nothing is sent", n)
	}
}

func TestAProbeIsAnsweredWithOnesOwnClock(t *testing.T) {
	all := says(swarm.New(swarm.Config{Self: 1}), wire.Hello{Version: wire.Version, Stripes: 16, Echoes: true}, wire.TypeEcho)
	want := wire.Echo{Clock: 0xfffffff0, Came: uint32((span.Second + 10*span.Millisecond) / span.Microsecond)}
	if len(all) != 1 || all[0] != want {
		t.Errorf("answered %+v, want %+v", all, want)
	}
}
