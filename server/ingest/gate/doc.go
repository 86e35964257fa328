// Package gate is the one door that publishers of every protocol come through.
//
// What it is: the words between a protocol and whoever decides (Request, Admission, Door), the reading of stream keys, and
// Visitors, which counts connections and wrong keys by address over all protocols.
// Who calls it: the protocols beside it; cmd joins them with the conductor.
// What it owns: the counts by address.
// What it will never do: know whose key is whose, keep a key, log one, or read media.
package gate
