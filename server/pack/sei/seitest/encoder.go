package seitest

import "fmt"

// X264 is a NAL unit in which x264 says that key frames are at most so many pictures apart.
func X264(pictures int) []byte {
	return append([]byte{6}, message("\xdc\x45\xe9\xbd\xe6\xd9\x48\xb7\x96\x2c\xd8\x20\xd9\x23\xee\xef",
		fmt.Sprintf("x264 - core 164 r3095 baee400 - H.264/MPEG-4 AVC codec - Copyleft 2003-2022 - http://www.videolan.org/x264.html - options: "+
			"cabac=1 ref=3 threads=1 bframes=3 keyint=%d keyint_min=25 scenecut=40 intra_refresh=0 rc=crf crf=23.0\x00", pictures))...)
}

// X265 is the same of x265, in a NAL unit of H.265.
func X265(pictures int) []byte {
	return append([]byte{39 << 1, 1}, message("\x2c\xa2\xde\x09\xb5\x17\x47\xdb\xbb\x55\xa4\xfe\x7f\xc2\xfc\x4e",
		fmt.Sprintf("x265 (build 199) - 3.5+1-f0c1022b6:[Linux][GCC 12.2.0][64 bit] 8bit+10bit+12bit - H.265/HEVC codec - options: "+
			"cpuid=1111039 frame-threads=1 min-keyint=7 keyint=%d gop-lookahead=0 bframes=4", pictures))...)
}

// message is one of user data whose owner has 16 bytes that nobody else has.
func message(owner, text string) (b []byte) {
	b = append(b, 5)
	size := len(owner) + len(text)
	for ; size >= 255; size -= 255 {
		b = append(b, 255)
	}
	b = append(b, byte(size))
	return append(append(append(b, owner...), text...), 0x80)
}
