// A line to the server that carries so much a second, and can be cut.
//
// What it is: a TCP proxy. Chromium's own narrowing does not reach what pages send.
// Who calls it: upload.spec.ts.
// What it owns: its port, and the connections through it, until close().
// What it will never do: change what passes.
import { connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { freePort } from './server';

export class Line {
  readonly url: string;
  /** Bytes a second towards the server. */
  rate = Infinity;
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();
  #whole = true;

  private constructor(url: string, listener: Listener) {
    this.url = url;
    this.#listener = listener;
  }

  static async open(to: string): Promise<Line> {
    const [{ hostname, port }, own] = [new URL(to), await freePort()];
    const listener = createServer();
    const line = new Line(`http://127.0.0.1:${own}`, listener);
    listener.on('connection', (near) => line.#carry(near, connect(Number(port), hostname)));
    await new Promise<void>((listening) => listener.listen(own, '127.0.0.1', listening));
    return line;
  }

  /** Breaks all that is under way, and takes nothing until mend(). */
  cut(): void {
    this.#whole = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#whole = true;
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }

  #carry(near: Socket, far: Socket): void {
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    if (!this.#whole) return void near.destroy();
    far.pipe(near);
    near.on('data', (bytes: Buffer) => {
      far.write(bytes);
      if (this.rate === Infinity) return;
      near.pause();
      setTimeout(() => near.resume(), (1000 * bytes.length) / this.rate);
    });
  }
}
