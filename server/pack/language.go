package pack

import (
	"encoding/binary"
	"fmt"

	"shoal/server/ingest"
)

// header is a track's mdhd within an init segment, without its head; nil if there is none of this number, or it is of another form
// than this package writes.
func header(init []byte, number int) []byte {
	moov := boxIn(init, "moov", 0)
	mdhd := boxIn(boxIn(boxIn(moov, "trak", number), "mdia", 0), "mdhd", 0)
	if len(mdhd) < languageAt+2 || mdhd[0] != 0 {
		return nil
	}
	return mdhd
}

// languageAt is where the language stands in an mdhd of version 0 (ISO/IEC 14496-12, 8.4.2), behind flags, two times, scale and duration.
const languageAt = 20

// boxIn is the body of the box of a kind and number, from 0, in the boxes b; nil if there is none.
func boxIn(b []byte, kind string, number int) []byte {
	const head = 8
	for len(b) >= head {
		size := binary.BigEndian.Uint32(b)
		if size < head || uint64(size) > uint64(len(b)) {
			return nil
		}
		if string(b[4:head]) == kind {
			if number == 0 {
				return b[head:size:size]
			}
			number--
		}
		b = b[size:]
	}
	return nil
}

// setLanguage writes a sound's language into an init segment: three letters of five bits, each from 0x60 on. What comes later as a
// recording has no other way to know it.
func setLanguage(init []byte, number int, language string) error {
	if language == "" {
		return nil
	}
	mdhd := header(init, number)
	if mdhd == nil {
		return fmt.Errorf("init segment: no place for the language of track %d", number)
	}
	packed := uint16(0)
	for _, c := range []byte(ingest.LanguageCode(language)) {
		packed = packed<<5 | uint16(c-0x60)&0x1F
	}
	binary.BigEndian.PutUint16(mdhd[languageAt:], packed)
	return nil
}

// languageOf reads what setLanguage wrote.
func languageOf(init []byte, number int) string {
	mdhd := header(init, number)
	if mdhd == nil {
		return ""
	}
	packed := binary.BigEndian.Uint16(mdhd[languageAt:])
	return ingest.Language(string([]byte{byte(packed>>10&0x1F) + 0x60, byte(packed>>5&0x1F) + 0x60, byte(packed&0x1F) + 0x60}))
}
