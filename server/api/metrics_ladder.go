package api

import "github.com/prometheus/client_golang/prometheus"

// ladder are the figures of the workers that make rungs.
type ladder struct {
	started prometheus.Counter
	ended   *prometheus.CounterVec
	made    prometheus.Gauge
}

func newLadder() ladder {
	return ladder{
		started: prometheus.NewCounter(prometheus.CounterOpts{Name: "shoal_ladder_workers_started_total", Help: "Workers (ffmpeg) that were started to make rungs."}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shoal_ladder_workers_ended_total", Help: "Workers that ended, by reason: closed and changed are regular; crashed, hung and overloaded are not.",
		}, []string{"reason"}),
		made: prometheus.NewGauge(prometheus.GaugeOpts{Name: "shoal_ladder_rungs", Help: "Rungs that are being made now."}),
	}
}

// WorkerStarted notes that a worker was started.
func (l ladder) WorkerStarted() { l.started.Inc() }

// WorkerEnded notes why a worker ended: one of five reasons.
func (l ladder) WorkerEnded(why string) { l.ended.WithLabelValues(why).Inc() }

// RungsChanged notes by how much the number of rungs that are made changed.
func (l ladder) RungsChanged(by int) { l.made.Add(float64(by)) }
