// The way to web/engine: chunks of their own, fetched when needed and never before the first frame.
import type { ConnectTracker, StartSwarm } from '../../player/swarm';

export async function loadTracker(): Promise<ConnectTracker> {
  return (await import('../../engine/tracker')).connectTracker;
}

export async function loadEngine(): Promise<StartSwarm> {
  return (await import('../../engine')).startSwarm;
}
