package api

import (
	"github.com/prometheus/client_golang/prometheus"

	"shoal/id"
	"shoal/server/record"
)

// recorded notes media bytes of a recording that were really written.
func (m *Metrics) recorded(channel id.Name, bytes int64) {
	m.recordedBytes.WithLabelValues(string(channel)).Add(float64(bytes))
}

// Recording adds figures of how recording goes, asked for at every scrape.
func (m *Metrics) Recording(recorder Recorder, recordings Recordings) {
	m.registry.MustRegister(recorderFigures{recorder, recordings})
}

type recorderFigures struct {
	recorder   Recorder
	recordings Recordings
}

var _ prometheus.Collector = recorderFigures{}

// Describe sends nothing: the figures are checked as they are collected.
func (recorderFigures) Describe(chan<- *prometheus.Desc) {}

// Collect asks the rooms.
func (f recorderFigures) Collect(out chan<- prometheus.Metric) {
	tell := func(kind prometheus.ValueType, name, help string, value float64) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, nil), kind, value)
	}
	s := f.recorder.Status()
	well := 0.0
	if s.State == record.Well || s.State == record.Off {
		well = 1
	}
	_, _, bytes := f.recordings.Totals()
	tell(prometheus.GaugeValue, "shoal_recording_well", "1 while recordings can be written, or are turned off; 0 while the disk is full or fails.", well)
	tell(prometheus.CounterValue, "shoal_recording_stopped_total", "Times that recording stopped for want of room or another error.", float64(s.Stopped))
	tell(prometheus.CounterValue, "shoal_recording_lost_parts_total", "Parts that are missing in recordings.", float64(s.Lost))
	tell(prometheus.GaugeValue, "shoal_recordings_bytes", "Bytes that recordings and clips take.", float64(bytes))
}
