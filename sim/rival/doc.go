// Package rival holds other ways to share a stream, to be compared with ours in the same simulator.
//
// What it is: minds with the engine's own seam, Step and Wake, and its inputs and outputs, so that the same bodies carry
// them. Mesh is naive mesh-pull; Loader is p2p-media-loader's policy, from its published source.
// Who calls it: sim.
// What it owns: faithful models of what others decide.
// What it will never do: improve on them, or make them worse.
package rival
