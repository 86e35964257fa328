// Whatever comes in from outside is answered in words, and the process lives on.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { join as path } from 'node:path';
import { heard, join, say, sayAndListen, stay } from './harness/conversation';
import { expect, test } from './harness/house';
import { run } from './harness/program';
import { shoal, temporary } from './harness/server';
import { until } from './harness/until';

const FAILED = 1;
const MISUSED = 2;

test.describe('at the start', () => {
  let dir = '';
  test.beforeEach(async () => {
    dir = await temporary();
  });
  test.afterEach(() => rm(dir, { recursive: true }));

  const serve = (...more: string[]): ReturnType<typeof run> =>
    run(shoal, ['serve', '--data', dir, '--http', '127.0.0.1:0', '--rtmp', '127.0.0.1:0', '--turn', '127.0.0.1:0', ...more]);

  test('an unknown setting is refused, and the nearest known one is named', async () => {
    await writeFile(path(dir, 'shoal.toml'), '# mine\npublic_ulr = "https://live.example.org"\n');
    const { code, err } = await serve();
    expect(code).toBe(MISUSED);
    expect(err).toContain('shoal.toml:2: there is no setting "public_ulr"; did you mean "public_url"?');
  });

  test('a port in use is named, with the flag to change', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const flag of ['--http', '--rtmp', '--turn']) {
      const { code, err } = await serve(flag, taken);
      expect(code).toBe(FAILED);
      expect(err).toContain(`port in use: another program listens on ${taken}: stop it, or choose another address with ${flag}`);
    }
    await new Promise((resolve) => other.close(resolve));
  });

  test('a data directory that cannot be one is named', async () => {
    await writeFile(path(dir, 'file'), '');
    const { code, err } = await serve('--data', path(dir, 'file'));
    expect(code).toBe(FAILED);
    expect(err).toMatch(/data directory .*choose another with --data/);
    await mkdir(path(dir, 'strange', 'shoal.db'), { recursive: true });
    const strange = await serve('--data', path(dir, 'strange'));
    expect(strange.code).toBe(FAILED);
    expect(strange.err).toContain('shoal.db');
  });
});

test('a second process on the same data directory is refused', async ({ server }) => {
  const { code, err } = await run(shoal, ['serve', '--data', server.dir, '--http', '127.0.0.1:0', '--rtmp', '127.0.0.1:0', '--turn', 'off']);
  expect(code).toBe(FAILED);
  expect(err).toContain(`another shoal (process ${server.program.pid}) already serves ${server.dir}`);
  expect((await fetch(server.url)).ok).toBe(true);
});

test('a wrong stream key is refused with a line that says why, and without the key; garbage on the RTMP port is shrugged off', async ({ server, live }) => {
  const wrong = randomBytes(32).toString('base64url');
  const { code } = await run('ffmpeg', [
    '-hide_banner', '-nostdin', '-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=256x144:rate=25:duration=2',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-f', 'flv', `${live.card.rtmp_url}/${wrong}`,
  ]);
  expect(code).not.toBe(0);
  await server.program.line(/publisher refused.*stream key/, 5_000);

  for (let size = 1; size <= 1 << 16; size *= 16) await pour(server.rtmpPort, randomBytes(size));
  await pour(server.rtmpPort, Buffer.concat([Buffer.from([3]), Buffer.alloc(1536), randomBytes(64 << 10)])); // a handshake, then noise
  await pour(server.rtmpPort, Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  await server.program.line(/connection refused/, 15_000);

  expect(server.log()).not.toContain(wrong);
  expect(server.log()).not.toContain(live.card.stream_key);
  expect(server.log()).not.toMatch(/panic|fault of ours/);
  expect(server.program.running).toBe(true);
  expect(live.publisher.running).toBe(true);
  expect((await server.channel('fish')).live).toBe(true);
});

test('malformed, oversized and late words to the tracker end that connection and no other', async ({ server, live, open }) => {
  expect(live.card.channel).toBe('fish');
  const neighbour = await open('/c/fish?share=yes');
  await neighbour.plays();
  const { page } = await open('/');
  const hello = async (): Promise<string> => JSON.stringify({ t: 'hello', token: (await join(page, 'fish', 'share')).token });
  const stale = await hello();

  const code = async (...words: string[]): Promise<string> => {
    const closed = await sayAndListen(page, words);
    const error = closed.heard.map((text) => JSON.parse(text) as { t: string; code?: string }).find(({ t }) => t === 'error');
    return `${closed.code} ${error?.code ?? '-'}`;
  };
  expect(await code('garbage')).toMatch(/^1008 (malformed|hello)$/);
  expect(await code('{"t":"ping","at":1}')).toBe('1008 hello');
  expect(await code('{"t":"hello","token":"garbage"}')).toBe('1008 token');
  expect(await code(JSON.stringify({ t: 'hello', token: 'A'.repeat(20_000) }))).toMatch(/^1009 /);
  for (const words of [
    '{"t":"nothing"}', '{"t":"linked","peers":-1}', '{"t":"linked","peers":1e99}', '[]', '{"t":"signal","to":"x","kind":"offer","data":""}',
    '{"t":"linked","peers":1,"peers":2}', '{"t":"report"}', `{"t":"bye"${' '.repeat(100)}`,
  ]) {
    expect(await code(await hello(), words), words).toBe('1008 malformed');
  }
  expect(await code(await hello(), JSON.stringify({ t: 'ping', at: 1, more: 'A'.repeat(20_000) }))).toMatch(/^1009 /);
  expect(await code(await hello(), ...Array.from({ length: 1_000 }, () => '{"t":"more"}'))).toBe('1008 flood');

  // A token of a tracker that is no more is as good as one that is too old.
  server.program.signal('SIGHUP');
  await server.program.line(/the tracker starts anew/, 10_000);
  await until('the old token is refused', async () => (await code(stale)) === '1008 token', 10_000);

  expect(server.program.running).toBe(true);
  expect(server.log()).not.toMatch(/panic|fault of ours/);
  await until('the neighbour is back', async () => (await server.channel('fish')).viewers === 1, 20_000);
  expect(await neighbour.report()).toMatchObject({ stalls: 0 });
});

test('what could make a viewer call a stranger is not carried to it', async ({ server, live, open }) => {
  expect(live.card.channel).toBe('fish');
  const { page } = await open('/');
  const victim = await join(page, 'fish', 'share');
  const villain = await join(page, 'fish', 'share');
  await stay(page, 'victim', victim.token);
  await stay(page, 'villain', villain.token);
  await until('the tracker introduces them', async () => (await heard(page, 'villain')).some((text) => text.includes(victim.peer)), 10_000);

  const strangers = [
    '169.254.169.254 80 typ host', '10.0.0.1 22 typ host', '192.168.1.1 53 typ host', '203.0.113.9 443 typ srflx raddr 0.0.0.0 rport 0',
    '8.8.8.8 53 typ relay raddr 0.0.0.0 rport 0', '::ffff:10.0.0.1 80 typ host', 'evil.example 80 typ host', '0.0.0.0 80 typ host', '224.0.0.1 80 typ host',
  ];
  const candidate = (rest: string): string => `candidate:1 1 udp 2122260223 ${rest}`;
  const offer = [
    'v=0', 'o=- 1 1 IN IP4 10.0.0.1', 's=-', 't=0 0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 10.0.0.1',
    ...strangers.map((rest) => `a=${candidate(rest)}`), 'a=ice-ufrag:abcd', 'a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa',
    `a=fingerprint:sha-256 ${Array(32).fill('AA').join(':')}`, 'a=setup:actpass', 'a=mid:0', 'a=sctp-port:5000', '',
  ].join('\r\n');
  const to = { t: 'signal', to: victim.peer, mid: '0', line: 0 };
  await say(page, 'villain', { ...to, kind: 'offer', data: offer });
  await say(page, 'villain', { ...to, kind: 'offer', data: `v=0\r\n${'a=x\r\n'.repeat(500)}` });
  for (const rest of strangers) await say(page, 'villain', { ...to, kind: 'candidate', data: candidate(rest) });
  await say(page, 'villain', { ...to, kind: 'candidate', data: candidate('1.2.3.4 80 typ host\r\na=candidate:2 1 udp 1 10.0.0.1 22 typ host') });
  await say(page, 'villain', { ...to, kind: 'candidate', data: candidate('127.0.0.1 50000 typ host') }); // his own machine: the last word
  const received = await until('the last word has come', async () => {
    const texts = await heard(page, 'victim');
    return texts.some((text) => text.includes('127.0.0.1 50000')) && texts.filter((text) => text.includes('"signal"'));
  }, 10_000);
  for (const stranger of strangers.map((rest) => rest.split(' ')[0] ?? '').concat('1.2.3.4')) {
    if (stranger === '0.0.0.0') continue; // what descriptions are written with where no address is meant
    expect(received.join('\n')).not.toContain(stranger);
  }
  expect(received.join('\n')).not.toContain('0.0.0.0 80');
  expect(server.program.running).toBe(true);
  expect(server.log()).not.toMatch(/panic|fault of ours/);
});

/** Sends bytes to a port and waits until they are taken, or the other side has had enough. */
function pour(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('error', () => undefined); // being thrown out is what it is here for
    socket.on('close', () => resolve());
    socket.resume();
  });
}
