package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shoal/id"
	"shoal/segment"
	"shoal/server/live"
	"shoal/server/tracker"
	"shoal/wire/signal"
)

// Metrics are the server's figures. Rooms report what happens through the methods below; what is so at this moment is
// asked for at every scrape.
type Metrics struct {
	registry *prometheus.Registry
	latency  prometheus.Histogram
	door     doorFigures

	// What viewers say of themselves: shown, never trusted.
	reported          *prometheus.CounterVec
	uploaded          prometheus.Counter
	verified, refused prometheus.Counter
	stalls, stalled   prometheus.Counter

	ladder
	recordedBytes *prometheus.CounterVec
}

// Census counts one channel, now.
type Census struct {
	Name    id.Name
	Live    live.State
	Viewers tracker.Counts
	Written []TrackBytes
}

// TrackBytes counts the media bytes of one track that the origin wrote to clients.
type TrackBytes struct {
	Track segment.Track
	Bytes uint64
}

// NewMetrics returns figures whose census is taken by ask.
func NewMetrics(version string, ask func() []Census) *Metrics {
	count := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shoal_part_latency_seconds",
			Help:    "From a part's last sample coming in to the part being published.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
		reported: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shoal_reported_media_bytes_total", Help: "Media bytes that viewers say they received, by source.",
		}, []string{"source"}),
		uploaded: count("shoal_reported_upload_bytes_total", "Media bytes that viewers say they passed on."),
		verified: count("shoal_pieces_verified_total", "Pieces that viewers say matched the channel's signature."),
		refused:  count("shoal_pieces_refused_total", "Pieces that viewers say they refused."),
		stalls:   count("shoal_reported_stalls_total", "Stalls that viewers report."),
		stalled:  count("shoal_reported_stalled_seconds_total", "Time that viewers say they stalled."),
	}
	m.door = newDoorFigures(m.registry)
	m.recordedBytes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shoal_recorded_media_bytes_total", Help: "Media bytes of recordings and clips that were written to clients.",
	}, []string{"channel"})
	m.reported.WithLabelValues("origin") // there from the first scrape on
	m.reported.WithLabelValues("peer")
	m.ladder = newLadder()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "shoal_build_info", Help: "1; the label tells the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.latency, m.reported, m.uploaded, m.verified, m.refused, m.stalls, m.stalled, m.started, m.ended, m.made, m.recordedBytes, build, census{ask},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// PartPublished notes how long a part took from its last sample.
func (m *Metrics) PartPublished(_ id.Channel, took time.Duration) { m.latency.Observe(took.Seconds()) }

// Reported adds what a viewer says happened since it last said so.
func (m *Metrics) Reported(_ id.Channel, r signal.Report) {
	m.reported.WithLabelValues("origin").Add(float64(r.HTTPBytes))
	m.reported.WithLabelValues("peer").Add(float64(r.PeerBytes))
	m.uploaded.Add(float64(r.UploadBytes))
	m.verified.Add(float64(r.Verified))
	m.refused.Add(float64(r.Refused))
	m.stalls.Add(float64(r.Stalls))
	m.stalled.Add(float64(r.StalledMS) / 1000)
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// census turns the rooms' own counts into figures when they are asked for.
type census struct{ ask func() []Census }

var _ prometheus.Collector = census{}

// Describe sends nothing: the figures are checked as they are collected.
func (census) Describe(chan<- *prometheus.Desc) {}

// Collect asks the rooms. Channels are bounded (channel.ChannelsMax), and so are the labels.
func (c census) Collect(out chan<- prometheus.Metric) {
	written := prometheus.NewDesc("shoal_origin_media_bytes_total",
		"Media bytes that the origin wrote to clients: parts, segments and init segments.", []string{"channel", "track"}, nil)
	for _, channel := range c.ask() {
		gauge := func(name, help string, value float64) {
			desc := prometheus.NewDesc(name, help, []string{"channel"}, nil)
			out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, string(channel.Name))
		}
		for _, t := range channel.Written {
			out <- prometheus.MustNewConstMetric(written, prometheus.CounterValue, float64(t.Bytes), string(channel.Name), strconv.Itoa(int(t.Track)))
		}
		onAir := 0.0
		if channel.Live.Live {
			onAir = 1
		}
		gauge("shoal_channel_live", "1 while the channel is live.", onAir)
		gauge("shoal_ingest_bits_per_second", "Media bits per second that the publisher sends.", float64(channel.Live.BitsPerSecond))
		gauge("shoal_viewers", "Viewers connected to the tracker.", float64(channel.Viewers.Viewers))
		gauge("shoal_sharing_viewers", "Viewers who agreed to share.", float64(channel.Viewers.Sharing))
		gauge("shoal_peers_connected", "Open connections between viewers, each counted at both ends, as viewers report.", float64(channel.Viewers.Links))
	}
}
