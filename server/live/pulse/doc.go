// Package pulse measures how well a publisher's stream comes in, and says what to do about it.
//
// What it is: a Pulse for each broadcast: bitrate, frame rate, distance of key frames, missing frames, sound, packets
// lost on the line, and whether the stream keeps up with the clock, over the last ten seconds; and Advice in words.
// Who calls it: live feeds it; api and cmd show what it says to whoever holds the key.
// What it owns: counts of a minute, and nothing of the media.
// What it will never do: change the stream, keep an address, or speak of viewers.
package pulse
