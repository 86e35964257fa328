// The way to web/engine: fetched when needed, never before the first frame.
//
// glob instead of import(): the pages also build without the engine, and then everybody watches from the server.
import type { ConnectTracker, StartSwarm } from '../../player/swarm';

const trackers = import.meta.glob<{ connectTracker: ConnectTracker }>('../../engine/tracker.ts');
const engines = import.meta.glob<{ startSwarm: StartSwarm }>('../../engine/index.ts');

export async function loadTracker(): Promise<ConnectTracker | null> {
  return (await trackers['../../engine/tracker.ts']?.())?.connectTracker ?? null;
}

export async function loadEngine(): Promise<StartSwarm | null> {
  return (await engines['../../engine/index.ts']?.())?.startSwarm ?? null;
}
