package swarmtest

import (
	"container/heap"

	"shoal/span"
)

// clock runs what was put off in the order of its time, and of its putting off.
type clock struct {
	now   span.Span
	queue events
	count int
}

type event struct {
	at    span.Span
	order int
	do    func()
}

type events []event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].order < q[j].order
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(event)) }
func (q *events) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

func (c *clock) after(d span.Span, do func()) {
	c.count++
	heap.Push(&c.queue, event{c.now + d, c.count, do})
}

// run does everything up to a time.
func (c *clock) run(until span.Span) {
	for len(c.queue) > 0 && c.queue[0].at <= until {
		e := heap.Pop(&c.queue).(event)
		c.now = e.at
		e.do()
	}
	c.now = until
}
