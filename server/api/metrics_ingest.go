package api

import "github.com/prometheus/client_golang/prometheus"

// doorFigures count publishers. Their labels are words of the ingest rooms, never of publishers.
type doorFigures struct {
	admitted *prometheus.CounterVec
	refused  *prometheus.CounterVec
	faults   *prometheus.CounterVec
}

func newDoorFigures(r prometheus.Registerer) doorFigures {
	count := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	return doorFigures{
		admitted: count("shoal_publishers_admitted_total", "Publications that were let in, by protocol.", "protocol"),
		refused:  count("shoal_publishers_refused_total", "Publishers refused, by protocol and reason: key, passphrase, busy, limit or form.", "protocol", "reason"),
		faults:   count("shoal_ingest_faults_total", "Publications ended by a fault of ours that touched no other.", "protocol"),
	}
}

// PublisherAdmitted counts a publication.
func (m *Metrics) PublisherAdmitted(protocol string) { m.door.admitted.WithLabelValues(protocol).Inc() }

// PublisherRefused counts a publisher who was not let in.
func (m *Metrics) PublisherRefused(protocol, why string) {
	m.door.refused.WithLabelValues(protocol, why).Inc()
}

// IngestFault counts a fault that ended one publication.
func (m *Metrics) IngestFault(protocol string) { m.door.faults.WithLabelValues(protocol).Inc() }
