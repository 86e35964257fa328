package meta

import (
	"slices"
	"strings"
	"testing"
)

// law says what each room may import of ours. The first rule that names a room is its rule. A room may also import what
// lies below it in its own folder.
var law = []struct {
	rooms string // separated by spaces
	may   string
	why   string
}{
	{"id segment span", "", "words are at the bottom: everything stands on them, so they stand on nothing"},
	{"manifest", "id segment", "what is signed must not change because another room does"},
	{"manifest/sign", "id manifest", "signing knows records and keys, nothing of who asks for it"},
	{"wire", "id segment span manifest", "peers' words are older than any of our rooms and outlive them"},
	{"wire/signal", "id segment", "the tracker's words are read by strangers' programs, too"},
	{"swarm/swarmtest", "id segment span manifest/... wire swarm/...", "the engine's own test kit"},
	{"swarm/...", "id segment span manifest wire swarm/...", "the engine runs in a browser, in a simulation and natively: it can know none of them"},
	{"coord", "id segment span wire", "the tracker's mind must run in a simulation as it runs here"},
	{"cmd/engine", "id segment span manifest wire swarm swarm/tape", "the browser's engine is the pure rooms and a border, and each import is bytes that every viewer loads"},

	{"sim/...", "id segment span manifest/... wire/... swarm/... coord sim/...", "a simulation that used a real body would wait for real time"},
	{"peer/...", "id segment span manifest/... wire/... swarm/... blob peer/...", "a native peer runs without a server"},
	{"blob/...", "id segment blob/...", "bytes rest without knowing what they are"},

	{"server/event", "id segment", "facts are words: whoever hears one must not need the room that told it"},
	{"server/ingest", "id segment server/event", "samples are words between protocols and the conductor"},
	{"server/ingest/gate", "id segment server/ingest", "the door knows requests, not protocols and not whose key is whose"},
	{"server/ingest/mend", "id segment server/ingest", "samples are mended the same way whoever sends them"},
	{"server/ingest/...", "id segment server/ingest server/ingest/gate server/ingest/mend", "a protocol knows samples, not what becomes of them"},
	{"server/pack/subtitle", "", "a parser of text knows nothing else"},
	{"server/pack/caption/...", "server/pack/caption server/pack/sei", "a reader of bytes knows nothing else"},
	{"server/pack/sei/...", "server/pack/sei", "a reader of bytes knows nothing else"},
	{"server/pack", "id segment server/ingest", "a pure function of samples: no store, no signature, no viewer"},
	{"server/origin", "id segment manifest/... blob server/event server/pack server/pack/subtitle", "the origin keeps, signs and serves parts; whose broadcast it is, live knows"},
	{"server/live/pulse", "segment server/ingest server/pack", "figures of samples; whose broadcast it is, live knows"},
	{"server/live", "id segment manifest/... server/event server/ingest server/pack server/pack/subtitle server/origin", "the conductor is the one room that knows the way from sample to live edge"},
	{"server/boxes", "", "a reader of bytes knows nothing else"},
	{"server/ladder", "id segment server/boxes server/ingest", "a worker knows samples and no broadcast: who hears of its rungs is live's business"},
	{"server/still", "id segment server/ingest server/pack", "a still is made of a key frame of a part, live or at rest: where these are it asks"},
	{"server/remake", "id segment manifest/... server/ingest server/pack", "rungs of what rests are cut and signed as live ones are: who makes and who keeps them it asks"},
	{"server/record", "id segment manifest/... server/event server/ingest server/pack server/pack/caption server/pack/subtitle", "a recording is what the origin published, at rest: the same parts, and playlists of them"},
	{"server/upload", "id segment server/boxes server/ingest server/pack", "a file becomes samples and parts: who keeps a reader in a cage, and who signs and keeps parts, it asks for"},
	{"server/tracker", "id segment span wire/... coord server/event", "the body of coord: what it needs of others it asks through interfaces"},
	{"server/store server/store/...", "id segment manifest/... server/account server/channel server/rights server/chat server/tips server/moderation server/store/...", "a store fulfils the rooms' interfaces: it knows the rooms' rows and they do not know it"},
	{"server/bus server/bus/...", "id segment server/event server/bus/...", "a bus carries facts and reads none"},
	{"server/api", "id segment manifest/... wire/... server/account server/channel server/chat server/event server/ingest server/ingest/whip server/live server/live/pulse server/moderation server/origin server/pack server/pack/subtitle server/record server/relay server/rights server/still server/tips server/tracker server/upload", "doors lead to rooms; they must not know how these are built"},
	{"server/...", "id segment span manifest/... wire/... swarm/... coord blob server/event", "rooms do not know their siblings: they ask through an interface of their own, or hear a fact"},

	{"cmd/shoal/config", "", "a parser of settings knows no setting"},
	{"web meta", "", "pages and tests about the house need nothing of it"},
	{"cmd/shoal bench/...", "...", "wiring knows everything"},
}

// libraries says who alone may use a library, and why.
var libraries = []struct{ begins, only, why string }{
	{"github.com/pion/", "peer/... server/relay server/ingest/whip bench/...", "one place for each use of WebRTC keeps its upgrades small"},
	{"github.com/bluenviron/gortmplib", "server/ingest/rtmp", "protocols end at the ingest rooms"},
	{"github.com/datarhei/gosrt", "server/ingest/srt", "protocols end at the ingest rooms"},
	{"github.com/bluenviron/gohlslib", "server/pack", "playlists are written in one room"},
	{"modernc.org/sqlite", "server/store/sqlite", "rooms know rows, not databases"},
	{"database/sql", "server/store/...", "rooms know rows, not databases"},
	{"github.com/alecthomas/kong", "cmd/shoal", "rooms take Config structs, not flags"},
	{"github.com/prometheus/", "server/api", "rooms count; the doors tell Prometheus"},
	{"github.com/tus/", "server/api", "the protocol ends at the doors"},
	{"github.com/landlock-lsm/", "server/ladder", "who is caged, and how, is told in one place"},
	{"github.com/elastic/go-seccomp-bpf", "server/ladder", "who is caged, and how, is told in one place"},
	{"net/http", "server/api server/tracker peer/... cmd/shoal bench/...", "HTTP ends at the doors"},
	{"shoal/server/", "server/... cmd/shoal bench/...", "what is not the server does without it"},
	{"unsafe", "cmd/engine", "only the WASM border hands out addresses"},
}

func TestLaw(t *testing.T) {
	for _, r := range list(t, nil, "./...") {
		rule := slices.IndexFunc(law, func(l struct{ rooms, may, why string }) bool { return matches(r.name(), strings.Fields(l.rooms)...) })
		if rule < 0 {
			t.Errorf("%s: the law has no rule for it: give it one in meta/law_test.go", r.name())
			continue
		}
		may := append(strings.Fields(law[rule].may), r.name()+"/...")
		for _, path := range r.Imports {
			if ours(path) && law[rule].may != "..." && !matches(nameOf(path), may...) {
				t.Errorf("%s imports %s, which it may not: %s", r.name(), nameOf(path), law[rule].why)
			}
			for _, library := range libraries {
				if strings.HasPrefix(path+"/", strings.TrimSuffix(library.begins, "/")+"/") && !matches(r.name(), strings.Fields(library.only)...) {
					t.Errorf("%s imports %s, which only %s may: %s", r.name(), path, library.only, library.why)
				}
			}
		}
	}
}

// pureRooms are the rooms that must give the same answers everywhere and always, with the standard packages that each
// may import. Not among them: time (clocks), sync and context (goroutines), math/rand and crypto/rand (chance), os and
// net (the world), fmt and reflect (a tenth of the engine's size each), maps (order), math (floats).
var pureRooms = map[string]string{
	"id":            "encoding/base32 errors",
	"segment":       "cmp",
	"span":          "",
	"manifest":      "encoding/binary errors",
	"manifest/sign": "crypto/ed25519 crypto/sha256 errors",
	"wire":          "encoding/binary errors math/bits",
	"wire/signal":   "bytes encoding/hex encoding/json errors fmt io net/netip strconv strings unicode/utf8", // not in the engine; addresses as values
	"swarm":         "cmp errors math/bits slices",
	"swarm/have":    "cmp errors math/bits slices",
	"swarm/pick":    "cmp errors math/bits slices",
	"swarm/roster":  "cmp errors math/bits slices",
	"swarm/route":   "cmp errors math/bits slices",
	"swarm/share":   "cmp errors math/bits slices",
	"swarm/trust":   "cmp errors math/bits slices",
	"swarm/tape":    "encoding/binary errors iter",
	"coord":         "cmp math/bits slices time", // time.Duration alone: TestPureRoomsArePure knows
}

// notPure are below pure rooms without being one.
var notPure = []string{"swarm/swarmtest"}

func TestPureRoomsImportLittle(t *testing.T) {
	for _, r := range list(t, nil, "./...") {
		if !matches(r.name(), "id", "segment", "span", "manifest/...", "wire/...", "swarm/...", "coord/...") || matches(r.name(), notPure...) {
			continue
		}
		may, known := pureRooms[r.name()]
		if !known {
			t.Errorf("%s is a pure room of which meta/law_test.go does not know what it may import", r.name())
		}
		for _, path := range r.Imports {
			if !ours(path) && !slices.Contains(strings.Fields(may), path) {
				t.Errorf("%s imports %s: a pure room has no clock, chance, goroutine or float, and stays small", r.name(), path)
			}
		}
	}
}

// engineLacks are packages that the browser's engine does without, however they might get in.
var engineLacks = map[string]string{
	"fmt": "about 110 KB", "encoding/json": "about 200 KB", "net": "about 300 KB", "net/netip": "addresses are not the engine's",
	"crypto/sha256": "the browser hashes", "crypto/ed25519": "the browser checks signatures", "math/rand": "chance", "math/rand/v2": "chance",
}

func TestEngineStaysSmall(t *testing.T) {
	for _, r := range list(t, []string{"GOOS=wasip1", "GOARCH=wasm"}, "-deps", "./cmd/engine") {
		if why, lacks := engineLacks[r.ImportPath]; lacks {
			t.Errorf("the engine contains %s: %s", r.ImportPath, why)
		}
	}
}
