// Sharing, as the page starts it.
//
// What it is: the way in: asks whether this browser can, loads the engine, returns the swarm.
// Who calls it: web/app, after a yes and after the first frame; the page loads this chunk and the WASM only then.
// What it owns: nothing that lasts.
// What it will never do: run before it is called; hold playback up.
import type { StartSwarm, Swarm } from '../player/swarm';
import { Body } from './body';
import { canCheck } from './checks';
import wasmPath from './engine.wasm?url';
import { Module } from './wasm';

export const startSwarm: StartSwarm = async (options) => {
  if (typeof RTCPeerConnection === 'undefined') throw new Error('This browser has no WebRTC.');
  if (typeof WebAssembly === 'undefined') throw new Error('This browser has no WebAssembly.');
  if (!(await canCheck())) throw new Error('This browser cannot check Ed25519 signatures here; it may need a page over HTTPS.');
  const [module, certificate] = await Promise.all([
    load(wasmPath),
    RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' } as EcKeyGenParams),
  ]);
  return swarm(new Body(options, await Module.start(module), [certificate]));
};

async function load(path: string): Promise<WebAssembly.Module> {
  const response = await fetch(path, { priority: 'low' }); // the picture goes first
  if (!response.ok) throw new Error(`The engine could not be loaded: the server answered ${response.status}.`);
  const typed = response.headers.get('Content-Type')?.startsWith('application/wasm');
  return typed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

function swarm(body: Body): Swarm {
  const { tracker } = body;
  return {
    want: (part, signal) => body.want(part, signal),
    segment: (segment, signal) => body.segment(segment, signal),
    signed: (part, signal) => body.signed(part, signal),
    offer: (part, bytes) => body.offer(part, bytes),
    offerSegment: (segment, bytes) => body.offer(segment, bytes),
    get connected() {
      return tracker.connected;
    },
    waitFor: (track, msn, part, signal) => tracker.waitFor(track, msn, part, signal),
    stats: () => body.stats(),
    onChange: (listener) => tracker.onChange(listener),
    setPlayhead: (playhead) => body.setPlayhead(playhead),
    follow: (tracks) => body.follow(tracks),
    setUplink: (bytesPerSecond) => body.setUplink(bytesPerSecond),
    stop: () => body.stop(),
    tape: () => body.tape(),
  };
}
