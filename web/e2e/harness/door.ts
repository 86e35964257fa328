// A door before the server that can be shut for the tracker alone, or for media alone: all else passes on.
//
// What it is: a plain HTTP proxy that also carries WebSockets.
// Who calls it: failures.spec.ts.
// What it owns: its port, and the connections through it, until close().
// What it will never do: change what passes.
import { createServer, request, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { freePort } from './server';

const kinds = {
  /** What a viewer needs to come to the tracker. */
  tracker: /^\/api\/v1\/(tracker$|channels\/[^/]+\/join$)/,
  /** Everything that is the stream: media, playlists, records. */
  media: /^\/hls\//,
};
export type Behind = keyof typeof kinds;

export class Door {
  readonly url: string;
  readonly #server: HttpServer;
  readonly #talks = new Set<Socket>();
  readonly #answers = new Set<ServerResponse>(); // media that is under way
  #shut: Behind | null = null;

  private constructor(url: string, server: HttpServer) {
    this.url = url;
    this.#server = server;
  }

  static async open(to: string): Promise<Door> {
    const [{ hostname, port }, own] = [new URL(to), await freePort()];
    const server = createServer();
    const door = new Door(`http://127.0.0.1:${own}`, server);
    server.on('request', (asked, answer) => {
      if (door.#refuses(asked)) return void answer.writeHead(502).end();
      const onward = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      if (kinds.media.test(asked.url ?? '')) door.#answers.add(answer);
      answer.on('close', () => {
        door.#answers.delete(answer);
        onward.destroy();
      });
      asked.pipe(onward);
    });
    server.on('upgrade', (asked: IncomingMessage, near: Socket, head: Buffer) => {
      if (door.#refuses(asked)) return void near.destroy();
      const far = connect(Number(port), hostname, () => {
        const headers = asked.rawHeaders.reduce((text, word, i) => text + word + (i % 2 ? '\r\n' : ': '), '');
        far.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${headers}\r\n`);
        far.write(head);
        near.pipe(far).pipe(near);
      });
      for (const [one, other] of [[near, far], [far, near]] as const) {
        door.#talks.add(one);
        one.on('error', () => one.destroy());
        one.on('close', () => {
          door.#talks.delete(one);
          other.destroy();
        });
      }
    });
    await new Promise<void>((listening) => server.listen(own, '127.0.0.1', listening));
    return door;
  }

  /** Keeps the tracker or the stream from everyone behind the door, or nothing. What of it is under way is broken off. */
  keep(shut: Behind | null): void {
    this.#shut = shut;
    if (shut === 'tracker') for (const talk of this.#talks) talk.destroy();
    if (shut === 'media') for (const answer of this.#answers) answer.destroy();
  }

  close(): void {
    for (const talk of this.#talks) talk.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #refuses(asked: IncomingMessage): boolean {
    return this.#shut !== null && kinds[this.#shut].test(asked.url ?? '');
  }
}
