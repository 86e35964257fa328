// Package still makes posters and storyboards: small pictures of key frames, for lists, links and seek bars.
//
// What it is: a Desk that takes a key frame of each running broadcast now and then, and goes through each recording once: its
// stills become the tiles of a few JPEG sheets, and a WebVTT track says which tile is for when (#xywh=). Of what is running the
// storyboard grows in memory, as far back as it may be rewound; a recording's rests beside it.
// Who calls it: cmd/shoal runs it; api serves what it has.
// What it owns: the storyboards of what is running. Where recordings rest, the shelf says.
// What it will never do: decode by itself (a Darkroom does, in a cage and behind everything else); write JPEG that somebody else
// made; cost a broadcast more than a hundredth of a processor; hold anything up.
package still
