package record

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"shoal/id"
	"shoal/manifest"
	"shoal/segment"
)

// A spool is a file: spoolMagic, then entries. An entry is entryHead bytes (kind, length of the record, length of the data, CRC-32C
// of these and of the record; each u32, big endian), the record and the data.
const (
	spoolMagic = "shoal.spool.v1\x00\x00"
	entryHead  = 16
)

// The kinds of entry.
const (
	kindInit        uint32 = 1 // record: SHA-256 of the data; data: an init segment
	kindCertificate uint32 = 2 // record: manifest.Certificate; no data
	kindPart        uint32 = 3 // record: manifest.Part; data: the part, none if it is the track's end
	kindText        uint32 = 4 // record: saying; no data
)

// Bounds of an entry.
const (
	recordMax = manifest.PartSizeMax
	initMax   = 64 << 10 // an init segment is some hundreds of bytes
)

var (
	errSpool = errors.New("not a spool")
	errTorn  = errors.New("a torn entry")
)

func castagnoli(head, record []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, head), table, record)
}

// appendEntry appends head and record of an entry to b; its data follow in the file.
func appendEntry(b []byte, kind uint32, record []byte, data int) []byte {
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(record)))
	b = binary.BigEndian.AppendUint32(b, uint32(data))
	b = binary.BigEndian.AppendUint32(b, castagnoli(b[at:at+12], record))
	return append(b, record...)
}

// entry is what was read of an entry: one of certificate, init, part and saying.
type entry struct {
	at          int64 // of its record in the spool
	recordSize  int
	dataSize    int
	record      []byte // of a certificate
	init        []byte
	initSum     id.Digest
	part        *manifest.Part
	certificate bool
	saying      *saying
}

func (e *entry) end() int64 { return e.at + int64(e.recordSize) + int64(e.dataSize) }

// scan reads the entries of a spool of size bytes and hands each to take, until one is torn or the spool ends. It returns how many
// bytes are good. check also reads the bytes of parts, and takes none that do not match their record.
func scan(r io.ReaderAt, size int64, check bool, take func(entry) error) (good int64, err error) {
	magic := make([]byte, len(spoolMagic))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != spoolMagic {
		return 0, errSpool
	}
	good = int64(len(spoolMagic))
	for good < size {
		e, err := readEntry(r, good, size, check)
		if err != nil {
			if errors.Is(err, errTorn) {
				return good, nil
			}
			return good, err
		}
		if err := take(e); err != nil {
			return good, err
		}
		good = e.end()
	}
	return good, nil
}

// readEntry reads the entry at a place. errTorn says that no whole entry stands there.
func readEntry(r io.ReaderAt, at, size int64, check bool) (e entry, err error) {
	head := make([]byte, entryHead)
	if err := readAt(r, head, at, size); err != nil {
		return e, err
	}
	kind, records, data := binary.BigEndian.Uint32(head), binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	if records > recordMax || data > segment.PartSizeMax {
		return e, errTorn
	}
	e = entry{at: at + entryHead, recordSize: int(records), dataSize: int(data)}
	record := make([]byte, records)
	if err := readAt(r, record, e.at, size); err != nil {
		return e, err
	}
	if e.end() > size || castagnoli(head[:12], record) != binary.BigEndian.Uint32(head[12:]) {
		return e, errTorn
	}
	return e, e.understand(r, kind, record, size, check)
}

func (e *entry) understand(r io.ReaderAt, kind uint32, record []byte, size int64, check bool) error {
	switch kind {
	case kindInit:
		if len(record) != sha256.Size || e.dataSize == 0 || e.dataSize > initMax {
			return errTorn
		}
		e.init = make([]byte, e.dataSize)
		if err := readAt(r, e.init, e.at+int64(len(record)), size); err != nil {
			return err
		}
		e.initSum = sha256.Sum256(e.init)
		if !bytes.Equal(e.initSum[:], record) {
			return errTorn
		}
	case kindCertificate:
		if _, err := manifest.ParseCertificate(record); err != nil || e.dataSize != 0 {
			return errTorn
		}
		e.record, e.certificate = record, true
	case kindText:
		s, err := parseSaying(record)
		if err != nil || e.dataSize != 0 {
			return errTorn
		}
		e.saying = &s
	case kindPart:
		p, err := manifest.ParsePart(record)
		if err != nil || int(p.Length) != e.dataSize {
			return errTorn
		}
		e.part = p
		if check {
			return e.check(r, size)
		}
	default:
		return errTorn
	}
	return nil
}

// check reads a part's bytes and holds them to the record.
func (e *entry) check(r io.ReaderAt, size int64) error {
	if e.end() > size {
		return errTorn
	}
	data := bufio.NewReaderSize(io.NewSectionReader(r, e.at+int64(e.recordSize), int64(e.dataSize)), segment.PieceSizeMax)
	piece := make([]byte, e.part.PieceSize)
	for i, want := range e.part.Hashes {
		p := piece[:e.part.PieceLength(i)]
		if _, err := io.ReadFull(data, p); err != nil {
			return err
		}
		if sha256.Sum256(p) != want {
			return errTorn
		}
	}
	return nil
}

func readAt(r io.ReaderAt, b []byte, at, size int64) error {
	if at+int64(len(b)) > size {
		return errTorn
	}
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errTorn
	}
	return err
}
