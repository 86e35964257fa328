// The PIECE message, which the body splits and makes itself: the mirror of that corner of Go's package wire.
//
// What it is: names and limits of the data channel, and a PIECE message read and written.
// Who calls it: links.ts, outbox.ts, store.ts, parcels.ts.
// What it owns: nothing; wire/doc.go owns the protocol.
// What it will never do: read any other message: those go whole to the engine.
import type { PartName } from '../player/swarm';
import { Reader, Writer } from './bytes';

export const LABEL = 'shoal';
export const PROTOCOL = 'shoal.peer.v1';

export const TYPE_PIECE = 1;
export const TYPE_HELLO = 2;
export const TYPE_HAVE = 3;
export const TYPE_CANCEL = 5;
export const TYPE_MANIFEST = 7;
export const TYPE_BYE = 8;
export const TYPE_STATE = 10;
export const TYPE_PROBE = 15;
export const TYPE_ECHO = 16;
export const TYPE_JOINED = 17;

/** Bytes before a piece's own in its message. */
export const PIECE_HEADER = 20;
/** The longest piece in bytes. */
export const PIECE_MAX = 16 << 10;
/** No message is longer. */
export const MESSAGE_MAX = PIECE_HEADER + PIECE_MAX;

const TRACKS_MAX = 8;
const PIECES_MAX = 256;
const EXACT = Number.MAX_SAFE_INTEGER;

export interface PieceName {
  readonly part: PartName;
  readonly piece: number;
}

/** Reads whose bytes a PIECE message carries; null if it is malformed. */
export function parsePiece(message: Uint8Array): PieceName | null {
  if (message.length <= PIECE_HEADER || message.length > MESSAGE_MAX || message[0] !== TYPE_PIECE) return null;
  const reader = new Reader(message.subarray(1, PIECE_HEADER));
  const part = reader.part();
  const piece = reader.u16();
  const named = part.track < TRACKS_MAX && piece < PIECES_MAX && part.epoch <= EXACT && part.seq <= EXACT;
  return named ? { part, piece } : null;
}

/** Makes a piece the message that carries it. The bytes are copied. */
export function pieceMessage(part: PartName, piece: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(PIECE_HEADER + bytes.length);
  message.set(new Writer(PIECE_HEADER).u8(TYPE_PIECE).part(part).u16(piece).written());
  message.set(bytes, PIECE_HEADER);
  return message;
}
