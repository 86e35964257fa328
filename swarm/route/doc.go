// Package route decides which way each stripe comes and goes: a parent for every stripe, and children up to what the
// uplink carries.
//
// What it is: sixteen trees over one mesh, each grown by local choice. A peer takes children first in its few primary
// stripes, so that trees are wide and shallow; it chooses parents that are shallow, have room, and cannot be its
// descendants; it leaves a parent that falls silent; and what nobody gives, and
// had to be rescued time and again, it has fetched early (SplitStream, Castro et al. 2003; swarm design, decision page).
// Who calls it: the engine.
// What it owns: parents, children, depths, what neighbours say of themselves.
// What it will never do: move a piece, or keep a stripe from being pulled when its parent fails.
package route
