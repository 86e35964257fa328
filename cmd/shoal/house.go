package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"slices"

	"shoal/id"
	"shoal/server/api"
	"shoal/server/bus/local"
	"shoal/server/channel"
	"shoal/server/ingest/gate"
	"shoal/server/ingest/rtmp"
	"shoal/server/ingest/srt"
	"shoal/server/ingest/whip"
	"shoal/server/ladder"
	"shoal/server/live"
	"shoal/server/lobby"
	"shoal/server/origin"
	"shoal/server/record"
	"shoal/server/relay"
	"shoal/server/remake"
	"shoal/server/still"
	"shoal/server/store/sqlite"
	"shoal/server/tracker"
	"shoal/server/upload"
	"shoal/web"
)

// house is a built server: every room, bottom floor first.
type house struct {
	dir      string
	settings Settings
	log      *slog.Logger

	lock     *os.File
	doors    doors
	store    *sqlite.Store
	bus      *local.Bus
	channels *channel.Registry
	ways     *ways
	origin   *origin.Origin
	metrics  *api.Metrics
	ladder   *ladder.Ladder
	shelf    *record.Shelf
	recorder *record.Recorder
	stills   *still.Desk
	remake   *remake.Bench // nil: turned off
	uploads  *upload.Inbox // nil: turned off
	live     *live.Live
	visitors *gate.Visitors // of all protocols
	rtmp     *rtmp.Server
	rtmps    *rtmp.Server // nil: turned off
	srt      *srt.Server  // nil: turned off
	whip     *whip.Server // nil: turned off
	relay    *relay.Relay // nil: turned off
	tracker  *restartable[*tracker.Tracker]
	lobby    *lobby.Lobby
	http     *http.Server
}

// build builds a server in the data directory dir. Whoever builds it calls Close.
func build(ctx context.Context, dir string, s Settings, log *slog.Logger) (h *house, err error) {
	h = &house{dir: dir, settings: s, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close())
		}
	}()

	// The ground: a directory of our own, addresses of our own.
	if err = makeDataDir(dir); err != nil {
		return h, err
	}
	if h.lock, err = lockDataDir(dir); err != nil {
		return h, err
	}
	if h.doors, err = s.listen(); err != nil {
		return h, err
	}

	// What rests, and what is told.
	if h.store, err = sqlite.Open(ctx, dir); err != nil {
		return h, err
	}
	secret, err := channel.OpenSecret(dir)
	if err != nil {
		return h, err
	}
	if h.channels, err = channel.Open(ctx, channel.Config{Rows: h.store, Secret: secret}); err != nil {
		return h, err
	}
	h.bus = new(local.Bus)
	if h.ways, err = openWays(ctx, h.channels, s, h.bus, log); err != nil {
		return h, err
	}

	// The stream: from the publisher to the live edge.
	h.origin = origin.New(origin.Config{Facts: h.bus, Log: log})
	h.metrics = api.NewMetrics(version, h.census)
	if h.ladder, err = s.openLadder(ctx, h.metrics, log); err != nil {
		return h, err
	}
	if err = h.openRecordings(ctx); err != nil {
		return h, err
	}
	h.live = live.New(live.Config{
		Registry: h.channels, Ledger: h.channels, Origin: h.origin, Facts: h.bus, Meter: h.metrics, Ladder: liveLadder{h.ladder, h.ways}, Ways: h.ways, Log: log,
	})
	h.live.Recall(ctx)
	if err = h.openPublishers(secret); err != nil {
		return h, err
	}

	// The viewers: who meets whom, and who is carried.
	if h.relay, err = s.openRelay(currentTracker{h}); err != nil {
		return h, err
	}
	if h.tracker, err = newRestartable(h.newTracker, (*tracker.Tracker).Run); err != nil {
		return h, err
	}

	// The doors.
	h.lobby = lobby.New(h.doors.http)
	pages, err := web.Files()
	if err != nil {
		return h, err
	}
	operator, err := operatorToken(secret)
	if err != nil {
		return h, err
	}
	rooms := api.Rooms{
		Channels: h.channels, Keys: h.channels, Gate: h.visitors, Publishers: h.live, Broadcasts: h.live,
		Origin: h.origin, Records: h.origin, Stripes: h.origin, Meter: h.origin, Tracker: currentTracker{h}, Lobby: h.lobby,
		Recordings: h.shelf, Recorder: h.recorder, Stills: h.stills, Remaking: remaking{h.remake},
		Texts: texts{h.live, h.shelf, h.origin}, Ways: h.ways, Choices: h.channels,
	}
	h.openInbox(&rooms)
	if rooms.Rights, err = passes(secret, s.privateNames()); err != nil {
		return h, err
	}
	if h.relay != nil {
		door := relayDoor{h.relay, s.PublicURL, s.publicIPs()}
		rooms.Relay, rooms.STUN = door, door
	}
	if h.whip != nil {
		rooms.Publications = h.whip
	}
	handler, err := api.New(api.Config{
		PublicURL: h.addresses().Public, Web: pages, SharePreset: s.SharePreset, Sites: s.sites(), TrustedProxies: s.trustedProxies(),
		HeldReloads: s.HeldReloads, HeldReloadsPerIP: s.HeldReloadsPerIP, JoinsPerMinute: s.JoinsPerMinute,
		Record: s.Record == recordOn, Clips: s.Clips == recordOn, Download: s.Download == recordOn, Rewind: s.rewindWindow(),
		UploadMax: h.uploadMax(), Server: h.ways.server, AccessLog: s.AccessLog, OperatorToken: operator, Log: log,
	}, rooms, h.metrics).Handler()
	if err != nil {
		return h, err
	}
	h.http = newHTTPServer(handler, log)
	return h, nil
}

// newTracker makes the tracker, at the start and whenever it is restarted.
func (h *house) newTracker() (*tracker.Tracker, error) {
	config := tracker.Config{
		Origins: append(hostsOf(h.addresses().Public), h.settings.sites()...), Own: ownAddresses(), Channels: h.ways, ConnectionsPerHome: h.settings.ViewersPerIP, Log: h.log,
	}
	if h.relay != nil {
		config.Relays, config.Relay, config.RelayFor = h.relay.Addresses(), h.relay, relay.CredentialsLife
	}
	return tracker.New(config, trackerFacts{h.bus}, trackerBroadcasts{h.origin}, h.metrics), nil
}

// Run serves until ctx ends, and more with it. Signals of reload restart the tracker.
func (h *house) Run(ctx context.Context, reload <-chan os.Signal, more ...task) error {
	if err := h.addresses().save(h.dir); err != nil {
		return err
	}
	return runAll(ctx, h.log, slices.Concat([]task{ // in the order of the floors
		{"the channels' settings", h.ways.Run},
		{"the origin", h.origin.Run},
		{"the recorder", h.recorder.Run},
		{"the desk of stills", h.stills.Run},
		{"the rungs of recordings", h.runRemake},
		{"the tracker", func(ctx context.Context) error { return h.tracker.Run(ctx, reload, h.log) }},
		{"STUN and TURN", h.runRelay},
		{"the lobby", h.lobby.Run},
		{"the web server", func(ctx context.Context) error { return serveHTTP(ctx, h.http, h.lobby) }},
		{"the conductor", h.live.Run},
	}, h.publishers(), h.uploading(), more))
}

// Close frees what build took, top floor first.
func (h *house) Close() error {
	var failed error
	if h.relay != nil {
		failed = ignoreClosed(h.relay.Close()) // Run closes it, too
	}
	if h.whip != nil {
		failed = errors.Join(failed, ignoreClosed(h.whip.Close()))
	}
	if h.store != nil {
		failed = errors.Join(failed, h.store.Close())
	}
	failed = errors.Join(failed, h.doors.Close())
	if h.lock != nil {
		failed = errors.Join(failed, h.lock.Close())
	}
	return failed
}

func (h *house) addresses() addresses {
	public := h.settings.publicURL(h.doors.http.Addr().String())
	a := addresses{Public: public, RTMP: rtmpURL(public, h.doors.rtmp.Addr().String()), HTTP: reachable(h.doors.http.Addr().String()), Process: os.Getpid()}
	if h.doors.rtmps != nil {
		a.RTMPS = rtmpsURL(public, h.doors.rtmps.Addr().String())
	}
	if h.doors.srt != nil {
		a.SRT = publicHost(public, h.doors.srt.LocalAddr().String(), "")
		a.SRTLatency, a.SRTPassphrase = h.settings.SRTLatency, h.settings.SRTPassphrase
	}
	return a
}

// derive makes the secret of one purpose from the data directory's secret.
func derive(secret channel.Secret, purpose string) ([]byte, error) {
	const size = 32
	return hkdf.Key(sha256.New, secret[:], nil, "shoal "+purpose, size)
}

// census counts every channel for the metrics.
func (h *house) census() []api.Census {
	channels, err := h.channels.List(context.Background())
	if err != nil {
		h.log.Error("channels cannot be counted", "err", err)
		return nil
	}
	written := make(map[id.Channel][]api.TrackBytes)
	for _, w := range h.origin.Written() {
		written[w.Channel] = append(written[w.Channel], api.TrackBytes{Track: w.Track, Bytes: w.Bytes})
	}
	now := h.tracker.get()
	list := make([]api.Census, 0, len(channels))
	for _, c := range channels {
		list = append(list, api.Census{Name: c.Name, Live: h.live.State(c.ID), Viewers: now.Counts(c.ID), Written: written[c.ID]})
	}
	return list
}
