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
)

// Metrics are the server's figures. The doors count some themselves; rooms report others through the methods below,
// and Census is asked at every scrape.
type Metrics struct {
	registry *prometheus.Registry
	latency  prometheus.Histogram
}

// Census is what the rooms know at this moment.
type Census struct {
	Channels []ChannelCensus
	Reported Reported
}

// ChannelCensus counts one channel.
type ChannelCensus struct {
	Name       id.Name
	Live       bool
	Viewers    int // who watch
	Peers      int // of those, who share
	Links      int // open connections between peers, as they report them
	IngestBits int // bits per second that the publisher sends
	Written    []TrackBytes
}

// TrackBytes counts the media bytes of one track that the origin wrote to clients.
type TrackBytes struct {
	Track segment.Track
	Bytes uint64
}

// Reported is what viewers say of themselves: shown, never trusted.
type Reported struct {
	OriginBytes, PeerBytes, UploadBytes uint64
	Verified, Refused                   uint64 // pieces
	Stalls                              uint64
	Stalled                             time.Duration
}

// NewMetrics returns figures whose census is taken by ask.
func NewMetrics(version string, ask func() Census) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "shoal_part_latency_seconds",
			Help:    "From a part's last sample coming in to the part being published.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "shoal_build_info", Help: "1; the label tells the version.", ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.latency, build, census{ask},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// PartPublished notes how long a part took from its last sample.
func (m *Metrics) PartPublished(took time.Duration) { m.latency.Observe(took.Seconds()) }

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// census turns the rooms' own counts into figures when they are asked for.
type census struct{ ask func() Census }

var _ prometheus.Collector = census{}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Describe sends nothing: the figures are checked as they are collected.
func (census) Describe(chan<- *prometheus.Desc) {}

// Collect asks the rooms.
func (c census) Collect(out chan<- prometheus.Metric) {
	now := c.ask()
	gauge := func(name, help string, value int, channel id.Name) {
		out <- prometheus.MustNewConstMetric(describe(name, help, "channel"), prometheus.GaugeValue, float64(value), string(channel))
	}
	wrote := describe("shoal_origin_media_bytes_total", "Media bytes that the origin wrote to clients: parts, segments and init segments.", "channel", "track")
	for _, ch := range now.Channels {
		for _, t := range ch.Written {
			out <- prometheus.MustNewConstMetric(wrote, prometheus.CounterValue, float64(t.Bytes), string(ch.Name), strconv.Itoa(int(t.Track)))
		}
		live := 0
		if ch.Live {
			live = 1
		}
		gauge("shoal_channel_live", "1 while the channel is live.", live, ch.Name)
		gauge("shoal_viewers", "Viewers connected to the tracker.", ch.Viewers, ch.Name)
		gauge("shoal_sharing_viewers", "Viewers who agreed to share.", ch.Peers, ch.Name)
		gauge("shoal_peers_connected", "Open connections between viewers, each counted at both ends, as viewers report.", ch.Links, ch.Name)
		gauge("shoal_ingest_bits_per_second", "Media bits per second that the publisher sends.", ch.IngestBits, ch.Name)
	}
	count := func(desc *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, value, labels...)
	}
	bytes := describe("shoal_reported_media_bytes_total", "Media bytes that viewers say they received, by source.", "source")
	count(bytes, float64(now.Reported.OriginBytes), "origin")
	count(bytes, float64(now.Reported.PeerBytes), "peer")
	count(describe("shoal_reported_upload_bytes_total", "Media bytes that viewers say they passed on."), float64(now.Reported.UploadBytes))
	count(describe("shoal_pieces_verified_total", "Pieces that viewers say matched the channel's signature."), float64(now.Reported.Verified))
	count(describe("shoal_pieces_refused_total", "Pieces that viewers say they refused."), float64(now.Reported.Refused))
	count(describe("shoal_reported_stalls_total", "Stalls that viewers report."), float64(now.Reported.Stalls))
	count(describe("shoal_reported_stalled_seconds_total", "Time that viewers say they stalled."), now.Reported.Stalled.Seconds())
}
