// Package local carries facts within one process.
//
// What it is: a Bus. Publish hands a fact to every hearer's queue; each queue is bounded.
// Who calls it: origin and live publish; the tracker and others subscribe.
// What it owns: the queues.
// What it will never do: block in Publish; reorder; keep a fact for a hearer that comes later. A hearer whose queue is
// full loses facts and finds one event.Missed where they would have stood.
package local
