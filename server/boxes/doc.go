// Package boxes reads fragmented MP4 as a caged ffmpeg writes it: boxes of a stream, and the samples of its fragments.
//
// What it is: a pure reader of ISO/IEC 14496-12, as far as ffmpeg uses it. It copies no sample, and bounds all that it is told.
// Who calls it: ladder, for the rungs of what is live; upload, for videos that are packaged.
// What it owns: nothing.
// What it will never do: believe what it reads. A stranger's bytes may have made ffmpeg write it.
package boxes
