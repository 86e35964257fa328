package signal

import "errors"

// Subprotocol is the WebSocket subprotocol of the tracker's door.
const Subprotocol = "shoal.tracker.v1"

// The first byte of a binary frame, which only the tracker sends and only to viewers that share.
const (
	FrameCertificate = 1 // then a manifest.Certificate in binary form
	FramePart        = 2 // then a manifest.Part in binary form
)

// Limits on messages and their fields.
const (
	// MessageMax bounds a text frame in either direction: an SDP of SDPMax with every line end escaped fits.
	MessageMax = 16 << 10
	// SDPMax bounds an offer or answer: a data-channel section with 12 candidates takes about 2 KiB.
	SDPMax = 8 << 10
	// CandidateMax bounds one candidate line: browsers write about 150 bytes.
	CandidateMax = 512
	// CandidatesMax bounds the candidates carried from one viewer to one other: browsers gather 2 to 8.
	CandidatesMax = 12
	// TokenMax bounds a token's text.
	TokenMax = 256
	// PeersMax bounds each list of peers in one message.
	PeersMax = 64
	// LinkedMax bounds the connections a viewer may claim.
	LinkedMax = 256
	// SlotsMax bounds the stripes that a viewer may claim to give away.
	SlotsMax = 65535
	// CodeMax and TextMax bound an error's code and message.
	CodeMax = 64
	TextMax = 512
	// midMax bounds the name of a media section: browsers write "0" or "data".
	midMax = 16
	// fieldsMax bounds the fields of one object: Report has the most, 8.
	fieldsMax = 8
	// numberMax is the largest integer that a JavaScript number holds exactly.
	numberMax = 1<<53 - 1
)

// ErrMalformed is wrapped by every error of a Decode function.
var ErrMalformed = errors.New("malformed tracker message")
