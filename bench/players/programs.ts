// Players without a window. Each decodes picture and sound and keeps time, into sinks that show nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Program, run } from '../../web/e2e/harness/program';
import { freePort } from '../../web/e2e/harness/server';
import { until } from '../../web/e2e/harness/until';
import type { Player, Seen } from './seen';

const UP_MS = 30_000;
const ANSWER_MS = 5_000;

const nothing: Seen = { atS: null, frames: null, lost: 0, errors: [] };

/** The players, by name. */
export const programs: Readonly<Record<string, (source: string) => Promise<Player>>> = { ffmpeg, GStreamer: gstreamer, mpv, VLC: vlc };

/** ffmpeg decodes as fast as the stream comes, so its clock is the live edge's. Whatever it writes is a complaint. */
async function ffmpeg(source: string): Promise<Player> {
  const program = new Program('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-i', source, '-map', '0:v:0', '-map', '0:a:0',
    '-progress', 'pipe:1', '-stats_period', '0.5', '-f', 'null', '-']);
  return {
    name: 'ffmpeg', version: await version('ffmpeg', ['-version'], /ffmpeg version (\S+)/),
    look: async () => {
      const last = (key: string): number => Number(program.out.findLast((line) => line.startsWith(`${key}=`))?.slice(key.length + 1) ?? NaN);
      const frames = last('frame');
      const at = last('out_time_us') / 1e6;
      return { atS: frames > 0 && Number.isFinite(at) ? at : null, frames: frames > 0 ? frames : null, lost: last('drop_frames') || 0, errors: complaints(program) };
    },
    stop: async () => void await program.stop(),
  };
}

async function gstreamer(source: string): Promise<Player> {
  const program = new Program('/usr/bin/python3', [join(import.meta.dirname, 'gstreamer.py'), source], { GST_DEBUG: '1', GST_DEBUG_NO_COLOR: '1' });
  return {
    name: 'GStreamer', version: await version('gst-inspect-1.0', ['--version'], /GStreamer (\S+)/),
    look: async () => {
      const told = JSON.parse(program.out.at(-1) ?? 'null') as Seen | null ?? nothing;
      return { ...told, errors: [...told.errors, ...complaints(program)] };
    },
    stop: async () => void await program.stop(),
  };
}

async function mpv(source: string): Promise<Player> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-mpv-'));
  const path = join(dir, 'socket');
  const program = new Program('mpv', ['--no-config', '--vo=null', '--ao=null', '--msg-level=all=warn', '--really-quiet=no', '--term-status-msg=',
    `--input-ipc-server=${path}`, source]);
  const door = await Door.open(program, () => connect(path));
  let asked = 0;
  const ask = async (property: string): Promise<number | null> => {
    const id = ++asked;
    const line = await door.ask(JSON.stringify({ command: ['get_property', property], request_id: id }), (answer) => answer.includes(`"request_id":${id},`) || answer.includes(`"request_id":${id}}`));
    const data = (JSON.parse(line) as { data?: unknown }).data;
    return typeof data === 'number' ? data : null;
  };
  return {
    name: 'mpv', version: await version('mpv', ['--no-config', '--version'], /mpv (\S+)/),
    look: async () => {
      if (!program.running) return { ...nothing, errors: [...complaints(program), 'it ended by itself'] };
      const atS = await ask('time-pos');
      const lost = (await ask('frame-drop-count') ?? 0) + (await ask('decoder-frame-drop-count') ?? 0);
      return { atS, frames: atS === null ? null : await ask('estimated-frame-number'), lost, errors: complaints(program) };
    },
    stop: async () => {
      door.close();
      await program.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** VLC refuses to run as root. Its clock has whole seconds. */
async function vlc(source: string): Promise<Player> {
  const port = await freePort();
  const args = ['--intf', 'oldrc', '--rc-host', `127.0.0.1:${port}`, '--rc-fake-tty', '--no-color', '--vout', 'vdummy', '--aout', 'adummy', '--verbose', '0', '--no-lua', source];
  const program = process.getuid?.() === 0
    ? new Program('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', 'vlc', ...args], { HOME: tmpdir() })
    : new Program('vlc', args);
  const door = await Door.open(program, () => connect(port, '127.0.0.1'));
  return {
    name: 'VLC', version: await version('dpkg-query', ['-W', '-f', '${Version}', 'vlc-bin'], /([\d.]+)/),
    look: async () => {
      if (!program.running) return { ...nothing, errors: [...unhappy(program), 'it ended by itself'] };
      const stats = await door.lines('stats', /end of statistical info/);
      const of = (what: string): number => Number(new RegExp(`${what}\\s*:\\s*(\\d+)`).exec(stats)?.[1] ?? 0);
      const shown = of('frames displayed');
      const time = Number(/(-?\d+)\s*$/.exec(await door.lines('get_time', /^(> )*-?\d+\s*$/))?.[1] ?? NaN);
      return {
        atS: shown > 0 && Number.isFinite(time) ? time : null, frames: shown > 0 ? shown + of('frames lost') : null,
        lost: of('frames lost') + of('buffers lost'), errors: unhappy(program),
      };
    },
    stop: async () => {
      door.close();
      await program.stop();
    },
  };
}

/** What a program wrote to its error output. */
function complaints(program: Program): string[] {
  return program.err.filter((line) => line.trim() !== '');
}

/** VLC's errors. What it says of interfaces is that there is no desktop here. */
function unhappy(program: Program): string[] {
  return complaints(program).filter((line) => /\berror: /.test(line) && !/ interface error: | libvlc error: interface /.test(line));
}

async function version(command: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const { out, err } = await run(command, args);
  return pattern.exec(out + err)?.[1] ?? '';
}

/** A conversation in lines with a program that can be asked. */
class Door {
  readonly #socket: Socket;
  readonly #heard: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#heard.push(line));
  }

  static async open(program: Program, knock: () => Socket): Promise<Door> {
    const socket = await until('the player listens', () => new Promise<Socket>((opened, failed) => {
      if (!program.running) failed(new Error(program.err.join('\n')));
      const one = knock();
      one.once('connect', () => opened(one));
      one.once('error', failed);
    }), UP_MS);
    socket.on('error', () => undefined); // the player has ended, which the next look tells
    return new Door(socket);
  }

  /** Says something, and returns the first line after it that is an answer. */
  async ask(what: string, isAnswer: (line: string) => boolean): Promise<string> {
    this.#heard.length = 0;
    this.#socket.write(`${what}\n`);
    return until(`it answers ${what}`, () => this.#heard.find(isAnswer), ANSWER_MS);
  }

  /** Says something, and returns all lines up to the last one of the answer. */
  async lines(what: string, last: RegExp): Promise<string> {
    await this.ask(what, (line) => last.test(line));
    return this.#heard.join('\n');
  }

  close(): void {
    this.#socket.destroy();
  }
}
