// Package have knows who holds what.
//
// What it is: the shelf of parts that this peer has heard of, which of their pieces it holds and has checked, and which
// pieces its neighbours say they hold.
// Who calls it: the engine writes it; pick and share read it.
// What it owns: the window of parts, its bounds and its order.
// What it will never do: believe: a neighbour's word is a hint, and only checked pieces are ours.
package have
