// Package subtitle reads and writes text that stands beside a picture: WebVTT.
//
// What it is: a parser of WebVTT that keeps what subtitles need (times, settings, text), and a writer of the segments that HLS wants.
// Who calls it: origin for what is live, record for files beside recordings, the doors for what is sent to them.
// What it owns: the bounds on a text.
// What it will never do: keep cues, know a clock, or pass on what it has not read: styles, regions and notes stay behind.
package subtitle
