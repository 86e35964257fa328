// Package sei reads what stands beside the picture in the NAL units of H.264 and H.265: supplemental enhancement information.
//
// What it is: a pure reader of samples that gives each message to whoever asks, and what encoders write there of themselves.
// Who calls it: caption, for captions; pack, for how far apart an encoder puts key frames.
// What it owns: nothing.
// What it will never do: change a sample, or keep anything from one sample to the next.
package sei
