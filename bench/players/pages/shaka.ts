// shaka-player as it comes, which plays low latency when the stream offers it. What it calls an error counts, recoverable or not.
import shaka from 'shaka-player/dist/shaka-player.compiled.js';
import { complain, screen, source } from './page';

const player = new shaka.Player();
const told = (error: { code: number; data?: unknown[] }): void => complain(`${error.code}: ${JSON.stringify(error.data)}`);
player.addEventListener('error', (event: unknown) => told((event as { detail: { code: number; data?: unknown[] } }).detail));
player.attach(screen()).then(() => player.load(source)).catch(told);
