// `shoal demo`, as a new user runs it.
import { expect, test as plain } from './house';
import { Program } from './program';
import { freePort, shoal } from './server';

export { expect };

/** "Prints one link within seconds." */
const LINK_MS = 10_000;

export const test = plain.extend<{ demo: string }>({
  /** The link that it printed. */
  demo: async ({}, use) => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [http, rtmp, turn] = ports.map((port) => `127.0.0.1:${port}`) as [string, string, string];
    const program = new Program(shoal, ['demo', '--http', http, '--rtmp', rtmp, '--turn', turn]);
    const [, link] = await program.line(/(http:\/\/\S+\/c\/demo)/, LINK_MS);
    await use(link ?? '');
    const ended = await program.stop();
    expect(ended.code, ended.err).toBe(0);
  },
});
