// A small internet: a street of homes with routers of different kinds, in network namespaces.
//
// What it is: ip, nft and tc. One namespace is the street, with the server's address; each home is a router and a host behind it.
// Who calls it: network.spec.ts.
// What it owns: its namespaces, all named shoallab-..., until remove().
// What it will never do: touch an interface or a route of the machine's own but the one pair that leads to the server.
import { run } from './program';

/** The server's address on the street. It must be one that the relay would serve: no special-purpose one, so a block that is announced nowhere. */
export const SERVER_HOST = '11.91.77.1';
/** The same server as the machine around it reaches it: publishers, and the test's own questions. */
export const DOOR_HOST = '10.91.77.2';
const OUTSIDE_HOST = '10.91.77.1';
const STREET = 'shoallab-street';

/**
 * How a home's router treats what its host sends. `open`: no router, an address on the street. `plain`: masquerade that keeps ports,
 * so that both sides can call each other. `random`: masquerade with another port for each address called (a symmetric NAT).
 * `tcp-only`: no UDP passes, but TCP to anywhere. `web-only`: nothing but TCP to the pages' port.
 */
export type Kind = 'open' | 'plain' | 'random' | 'tcp-only' | 'web-only';

export class Netlab {
  readonly #kinds: readonly Kind[];
  readonly #webPort: number;

  private constructor(kinds: readonly Kind[], webPort: number) {
    this.#kinds = kinds;
    this.#webPort = webPort;
  }

  /** Why there can be no lab on this machine; '' if there can. */
  static async obstacle(): Promise<string> {
    if (process.getuid?.() !== 0) return 'it takes root to make network namespaces';
    for (const command of [['ip', '-V'], ['nft', '-v']]) {
      const [name = '', ...args] = command;
      const ended = await run(name, args).catch(() => null);
      if (ended?.code !== 0) return `${name} is not here: \`make deps-test\` installs it`;
    }
    const made = await run('ip', ['netns', 'add', `${STREET}-try`]);
    await run('ip', ['netns', 'del', `${STREET}-try`]);
    return made.code === 0 ? '' : `the kernel makes no network namespaces: ${made.err.trim()}`;
  }

  /** Builds the street and a home of each kind. The server is to listen on `webPort`. */
  static async build(kinds: readonly Kind[], webPort: number): Promise<Netlab> {
    const lab = new Netlab(kinds, webPort);
    await lab.remove(); // what a run that was killed left behind
    try {
      await lab.#street();
      for (const [i, kind] of kinds.entries()) await lab.#home(i, kind);
      return lab;
    } catch (error) {
      await lab.remove();
      throw error;
    }
  }

  get street(): string {
    return STREET;
  }

  /** The namespace of a home's host. */
  host(home: number): string {
    return this.#kinds[home] === 'open' ? `shoallab-r${home}` : `shoallab-h${home}`;
  }

  /** Where packets from a home come from, as the street sees it. */
  address(home: number): string {
    return `11.91.77.${10 + home}`;
  }

  /** Takes a home's line away, or brings it back. */
  async line(home: number, state: 'up' | 'down'): Promise<void> {
    await ip('-n', STREET, 'link', 'set', `home${home}`, state);
  }

  /** Gives a home another address on the street, as a phone that leaves the house: its router forgets all that it translated. */
  async move(home: number, address: string): Promise<void> {
    const router = `shoallab-r${home}`;
    await ip('-n', router, 'addr', 'flush', 'dev', 'wan');
    await ip('-n', router, 'addr', 'add', `${address}/24`, 'dev', 'wan');
    await ip('-n', router, 'route', 'replace', 'default', 'via', SERVER_HOST);
  }

  /** Gives a home's uplink a width, with a modem that holds `queueMs` before it drops. */
  async narrow(home: number, kbit: number, queueMs: number): Promise<void> {
    await must('tc', ['-n', `shoallab-r${home}`, 'qdisc', 'replace', 'dev', 'wan', 'root', 'tbf', 'rate', `${kbit}kbit`, 'burst', '3000', 'latency', `${queueMs}ms`]);
  }

  /** Bytes that a home has sent to the street. */
  async sent(home: number): Promise<number> {
    const told = await run('ip', ['-n', `shoallab-r${home}`, '-s', '-j', 'link', 'show', 'wan']);
    const [link] = JSON.parse(told.out) as [{ stats64: { tx: { bytes: number } } }];
    return link.stats64.tx.bytes;
  }

  /** Bytes of UDP that a home has sent to the street, as packets of IP: what goes to other viewers, and next to nothing else. */
  async given(home: number): Promise<number> {
    const told = await run('ip', ['netns', 'exec', `shoallab-r${home}`, 'nft', '-j', 'list', 'counter', 'ip', 'taps', 'given']);
    const { nftables } = JSON.parse(told.out) as { nftables: { counter?: { bytes: number } }[] };
    return nftables.reduce((bytes, { counter }) => bytes + (counter?.bytes ?? 0), 0);
  }

  async remove(): Promise<void> {
    for (let i = 0; i < Math.max(this.#kinds.length, 8); i++) {
      await run('ip', ['netns', 'del', `shoallab-h${i}`]);
      await run('ip', ['netns', 'del', `shoallab-r${i}`]);
    }
    await run('ip', ['netns', 'del', STREET]);
    await run('ip', ['link', 'del', 'shoallab']);
  }

  async #street(): Promise<void> {
    await this.#space(STREET);
    await ip('-n', STREET, 'link', 'add', 'street', 'type', 'bridge');
    await ip('-n', STREET, 'addr', 'add', `${SERVER_HOST}/24`, 'dev', 'street');
    await ip('-n', STREET, 'link', 'set', 'street', 'up');
    await ip('link', 'add', 'shoallab', 'type', 'veth', 'peer', 'name', 'door', 'netns', STREET);
    await ip('addr', 'add', `${OUTSIDE_HOST}/30`, 'dev', 'shoallab');
    await ip('link', 'set', 'shoallab', 'up');
    await ip('-n', STREET, 'addr', 'add', `${DOOR_HOST}/30`, 'dev', 'door');
    await ip('-n', STREET, 'link', 'set', 'door', 'up');
  }

  async #home(home: number, kind: Kind): Promise<void> {
    const router = `shoallab-r${home}`;
    await this.#space(router);
    await ip('-n', STREET, 'link', 'add', `home${home}`, 'type', 'veth', 'peer', 'name', 'wan', 'netns', router);
    await ip('-n', STREET, 'link', 'set', `home${home}`, 'master', 'street', 'up');
    await ip('-n', router, 'addr', 'add', `${this.address(home)}/24`, 'dev', 'wan');
    await ip('-n', router, 'link', 'set', 'wan', 'up');
    await ip('-n', router, 'route', 'add', 'default', 'via', SERVER_HOST);
    await nft(router, 'table ip taps { counter given { }; chain out { type filter hook postrouting priority 300; oifname "wan" meta l4proto udp counter name given; }; }');
    if (kind === 'open') return;

    const host = `shoallab-h${home}`;
    await this.#space(host);
    await ip('-n', router, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
    await ip('-n', router, 'addr', 'add', '192.168.7.1/24', 'dev', 'lan');
    await ip('-n', router, 'link', 'set', 'lan', 'up');
    await ip('-n', host, 'addr', 'add', '192.168.7.2/24', 'dev', 'eth0');
    await ip('-n', host, 'link', 'set', 'eth0', 'up');
    await ip('-n', host, 'route', 'add', 'default', 'via', '192.168.7.1');
    await must('ip', ['netns', 'exec', router, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    await nft(router, masquerade(kind));
    await nft(router, gate(kind, this.#webPort));
  }

  async #space(name: string): Promise<void> {
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'set', 'lo', 'up');
  }
}

function masquerade(kind: Kind): string {
  const how = kind === 'random' ? 'masquerade random,fully-random' : 'masquerade';
  return `table ip nat { chain post { type nat hook postrouting priority srcnat; oifname "wan" ${how}; }; }`;
}

/** What a router lets through: nobody calls in, and out goes what its kind allows. */
function gate(kind: Kind, webPort: number): string {
  const out: Partial<Record<Kind, string>> = {
    'tcp-only': 'iifname "lan" meta l4proto tcp accept;',
    'web-only': `iifname "lan" tcp dport ${webPort} accept;`,
  };
  // Who calls a router itself is not answered, nor noted: a call that comes too early must not take the port that the host will use.
  const own = 'chain own { type filter hook input priority filter; iifname "wan" ct state new drop; };';
  return `table ip gate { ${own} chain through { type filter hook forward priority filter; policy drop; ` +
    `ct state established,related accept; ${out[kind] ?? 'iifname "lan" accept;'} }; }`;
}

function nft(space: string, rules: string): Promise<void> {
  return must('ip', ['netns', 'exec', space, 'nft', rules]);
}

function ip(...args: string[]): Promise<void> {
  return must('ip', args);
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const ended = await run(command, args);
  if (ended.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${ended.err.trim()}`);
}
