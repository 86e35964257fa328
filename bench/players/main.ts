// The comparison: one live stream, all players at once, for so many minutes; then a table, and exit code 1 if any found a fault.
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { publish } from '../../web/e2e/harness/publisher';
import { Server } from '../../web/e2e/harness/server';
import { throughout, until } from '../../web/e2e/harness/until';
import { inBrowsers, Pages } from './pages';
import { programs } from './programs';
import type { Player, Seen } from './seen';
import { judge, table, type Watched } from './verdict';

// Any free port for WebRTC publishing: another server may run on this machine.
process.env.SHOAL_WHIP ??= '127.0.0.1:0';

const FRAME_RATE = 25;
/** How long the stream runs before anybody looks at it: the playlist is full then. */
const FULL_MS = 26_000;
const FIRST_PICTURE_MS = 60_000;
/** Between the first picture and the measuring: who began behind the live edge has caught up by then. */
const SETTLE_MS = 20_000;
const LOOK_MS = 5_000;

const all = [...inBrowsers, ...Object.keys(programs)];
const help = `The same live stream in all players at once. PLAYERS='...' of make proof-players takes:
  --minutes 10      that are measured
  --players a,b     of: ${all.join(', ')}
  --looks           writes every look at a player to the error output
  --as-they-come    leaves all players their defaults: shaka-player 5.2 then loses pictures (docs/embedding.md)
  --bframes 2       of the picture, which is then shown in another order than it is sent`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' }, players: { type: 'string', default: all.join(',') }, bframes: { type: 'string', default: '2' },
      looks: { type: 'boolean', default: false }, 'as-they-come': { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const minutes = number('minutes', values.minutes, 0.1);
  const chosen = values.players.split(',');
  for (const name of chosen) if (!all.includes(name)) throw new Error(`there is no player ${name}: ${all.join(', ')}`);

  const server = await Server.start();
  const ends: (() => Promise<unknown>)[] = [() => server.stop()];
  try {
    const card = await server.addChannel('fish');
    const publisher = await publish(server, card, { bframes: number('bframes', values.bframes, 0) });
    ends.push(() => publisher.stop());
    await new Promise((resolve) => setTimeout(resolve, FULL_MS));
    const pages = await Pages.open(values['as-they-come']);
    ends.push(() => pages.close());
    const watched = await watchAll(chosen, card.hls_url, pages, minutes * 60_000, values.looks, ends);
    const verdicts = watched.map((one) => judge(one, FRAME_RATE));
    console.log(`\n${chosen.length} players, ${minutes} min, 256x144 at ${FRAME_RATE} pictures a second with B-frames ${values.bframes}, AAC; ${availableParallelism()} processors, ${loadavg()[1]?.toFixed(1)} programs at a time wanted one\n\n${table(verdicts, FRAME_RATE)}`);
    for (const { name, faults } of verdicts) for (const fault of faults) console.log(`${name}: ${fault}`);
    if (publisher.err.length || !publisher.running) console.log(`the publisher says: ${publisher.err.join('\n')}`);
    process.exitCode = verdicts.some(({ faults }) => faults.length) ? 1 : 0;
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function watchAll(names: readonly string[], source: string, pages: Pages, forMs: number, looks: boolean, ends: (() => Promise<unknown>)[]): Promise<Watched[]> {
  const players = await Promise.all(names.map(async (name) => {
    const began = performance.now();
    const player = await (programs[name]?.(source) ?? pages.play(name, source));
    ends.push(() => player.stop());
    await until(`${name} shows a picture`, async () => (await player.look()).atS !== null, FIRST_PICTURE_MS).catch((error: unknown) => console.error(String(error)));
    return { player, startS: (performance.now() - began) / 1000 };
  }));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const firsts = await Promise.all(players.map(({ player }) => glance(player)));
  await throughout(forMs, LOOK_MS, async () => {
    for (const { name, seen } of await Promise.all(players.map(async ({ player }) => ({ name: player.name, ...await glance(player) })))) {
      if (looks) console.error(name, JSON.stringify(seen));
    }
  });
  const lasts = await Promise.all(players.map(({ player }) => glance(player)));
  return players.map(({ player, startS }, i): Watched => {
    const [first, last] = [firsts[i] ?? nothing, lasts[i] ?? nothing];
    return { name: player.name, version: player.version, first: first.seen, last: last.seen, wallS: (last.atMs - first.atMs) / 1000, startS: first.seen.atS === null ? null : startS };
  });
}

interface Glance {
  readonly seen: Seen;
  readonly atMs: number;
}

const nothing: Glance = { seen: { atS: null, frames: null, lost: 0, errors: ['it was not looked at'] }, atMs: 0 };

/** A look that also tells when. A player that cannot be asked any more is a fault of that player, and no end of the comparison. */
async function glance(player: Player): Promise<Glance> {
  try {
    const seen = await player.look();
    return { seen, atMs: performance.now() };
  } catch (error) {
    return { seen: { ...nothing.seen, errors: [`it does not answer: ${error instanceof Error ? error.message : String(error)}`] }, atMs: performance.now() };
  }
}

function number(name: string, value: string, least: number): number {
  const n = Number(value);
  if (!Number.isFinite(n) || n < least) throw new Error(`--${name} is ${value}: write a number from ${least} on`);
  return n;
}

main().catch((error: unknown) => {
  console.error(`players: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}).finally(() => process.exit());
