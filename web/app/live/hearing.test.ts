import { expect, test } from 'vitest';
import { Hearing, UNHEARD_MS } from './hearing';

const pair = (counts: Record<string, number>): Record<string, unknown>[] => [{ type: 'outbound-rtp', bytesSent: 5 }, { type: 'candidate-pair', ...counts }];

test('a server that is gone is no longer heard, and one that reports or answers is', () => {
  const hearing = new Hearing();
  hearing.read(pair({ bytesReceived: 100, responsesReceived: 1 }), 0);
  hearing.read(pair({ bytesReceived: 100, responsesReceived: 1 }), UNHEARD_MS - 1);
  expect(hearing.unheard).toBe(false);
  hearing.read(pair({ bytesReceived: 100, responsesReceived: 1 }), UNHEARD_MS);
  expect(hearing.unheard).toBe(true);
  hearing.read(pair({ bytesReceived: 100, responsesReceived: 2 }), UNHEARD_MS + 1_000);
  expect(hearing.silentMs).toBe(0);
  hearing.read(pair({ bytesReceived: 180, responsesReceived: 2 }), 2 * UNHEARD_MS + 1_000);
  expect(hearing.unheard, 'a page that slept meanwhile finds that something came').toBe(false);
});

test('a browser that counts nothing of it accuses nobody', () => {
  const hearing = new Hearing();
  hearing.read(pair({}), 0);
  hearing.read(pair({}), 10 * UNHEARD_MS);
  expect(hearing.unheard).toBe(false);
});

test('another pair of addresses is no silence', () => {
  const hearing = new Hearing();
  hearing.read(pair({ packetsReceived: 900 }), 0);
  hearing.read(pair({ packetsReceived: 3 }), UNHEARD_MS);
  expect(hearing.unheard).toBe(false);
});
