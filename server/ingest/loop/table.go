package loop

import (
	"errors"
	"fmt"

	"github.com/Eyevinn/mp4ff/mp4"
)

// row is one sample of a track's tables.
type row struct {
	at, lasts    int64 // ticks
	shown        int64 // ticks after at
	key          bool
	offset, size int // in the file
}

// ticksMax keeps sums of times from overflowing: 2^48 ticks are years at any scale.
const ticksMax = 1 << 48

// table reads a track's sample tables. Every row lies within a file of length bytes. It reads the boxes' fields and not
// through mp4ff's accessors, which trust them.
func table(stbl *mp4.StblBox, length int) ([]row, error) {
	if stbl.Stts == nil || stbl.Stsc == nil || stbl.Stsz == nil || stbl.Stco == nil && stbl.Co64 == nil {
		return nil, errors.New("sample tables are missing")
	}
	n := int(stbl.Stsz.SampleNumber)
	if n == 0 || n > samplesMax {
		return nil, fmt.Errorf("it has %d samples: 1 to %d are taken", n, samplesMax)
	}
	rows := make([]row, n)
	if err := times(rows, stbl); err != nil {
		return nil, err
	}
	for i := range rows {
		rows[i].size = int(stbl.Stsz.SampleUniformSize)
		if rows[i].size == 0 {
			rows[i].size = int(stbl.Stsz.SampleSize[i])
		}
		rows[i].key = stbl.Stss == nil
	}
	if stbl.Stss != nil {
		for _, number := range stbl.Stss.SampleNumber {
			if number < 1 || int(number) > n {
				return nil, fmt.Errorf("sample %d is said to be a key, of %d", number, n)
			}
			rows[number-1].key = true
		}
	}
	return rows, places(rows, stbl, length)
}

// times fills in when samples are decoded and shown.
func times(rows []row, stbl *mp4.StblBox) error {
	i, at := 0, int64(0)
	for e, count := range stbl.Stts.SampleCount {
		for ; count > 0 && i < len(rows); count-- {
			rows[i].at, rows[i].lasts = at, int64(stbl.Stts.SampleTimeDelta[e])
			at += rows[i].lasts
			i++
		}
	}
	if i < len(rows) || at > ticksMax {
		return errors.New("the table of times does not fit the samples")
	}
	c := stbl.Ctts
	if c == nil {
		return nil
	}
	for e, shown := range c.SampleOffset {
		from, to := c.EndSampleNr[e], c.EndSampleNr[e+1]
		if from > to || int(to) > len(rows) {
			return errors.New("the table of presentation times does not fit the samples")
		}
		for i := from; i < to; i++ {
			rows[i].shown = int64(shown)
		}
	}
	return nil
}

// places fills in where samples lie in the file.
func places(rows []row, stbl *mp4.StblBox, length int) error {
	chunks := 0
	if stbl.Stco != nil {
		chunks = len(stbl.Stco.ChunkOffset)
	} else {
		chunks = len(stbl.Co64.ChunkOffset)
	}
	i, entry := 0, 0
	for chunk := range chunks {
		for entry+1 < len(stbl.Stsc.Entries) && int(stbl.Stsc.Entries[entry+1].FirstChunk) <= chunk+1 {
			entry++
		}
		if entry >= len(stbl.Stsc.Entries) {
			break
		}
		var offset uint64
		if stbl.Stco != nil {
			offset = uint64(stbl.Stco.ChunkOffset[chunk])
		} else {
			offset = stbl.Co64.ChunkOffset[chunk]
		}
		for count := stbl.Stsc.Entries[entry].SamplesPerChunk; count > 0 && i < len(rows); count-- {
			size := uint64(rows[i].size)
			if size == 0 || offset > uint64(length) || size > uint64(length)-offset {
				return fmt.Errorf("sample %d lies outside the file", i+1)
			}
			rows[i].offset = int(offset)
			offset += size
			i++
		}
	}
	if i < len(rows) {
		return errors.New("the table of chunks does not hold all samples")
	}
	return nil
}
