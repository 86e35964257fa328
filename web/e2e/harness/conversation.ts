// Raw WebSockets with the tracker, from a page of the server: what it says to whom is not the page's code.
import type { Page } from '@playwright/test';

/** What a page of ours is told when it joins. */
export interface Joined {
  readonly token: string;
  readonly peer: string;
}

export interface Closed {
  readonly code: number;
  readonly heard: string[];
}

/** Joins a channel as the page would. */
export function join(page: Page, name: string, mode: 'watch' | 'share'): Promise<Joined> {
  return page.evaluate(async ([channel, how]) => {
    const answer = await fetch(`/api/v1/channels/${channel}/join`, { method: 'POST', body: JSON.stringify({ mode: how }) });
    return answer.json() as Promise<Joined>;
  }, [name, mode] as const);
}

/** Says all of `say`, and returns what was heard until the tracker closed the connection. */
export function sayAndListen(page: Page, say: readonly string[]): Promise<Closed> {
  return page.evaluate((messages) => new Promise<Closed>((resolve) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/tracker`, 'shoal.tracker.v1');
    const heard: string[] = [];
    socket.onopen = () => messages.forEach((message) => socket.send(message));
    socket.onmessage = ({ data }) => typeof data === 'string' && heard.push(data);
    socket.onclose = ({ code }) => resolve({ code, heard });
  }), say);
}

declare global {
  interface Window {
    lines?: Map<string, { socket: WebSocket; heard: string[] }>;
  }
}

/** Opens a connection that stays, under a name of the test's. */
export function stay(page: Page, line: string, token: string): Promise<void> {
  return page.evaluate(([name, hello]) => new Promise<void>((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/tracker`, 'shoal.tracker.v1');
    const heard: string[] = [];
    window.lines ??= new Map();
    window.lines.set(name, { socket, heard });
    socket.onopen = () => socket.send(JSON.stringify({ t: 'hello', token: hello }));
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return;
      heard.push(data);
      if (data.includes('"welcome"')) resolve();
    };
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}: ${heard.join(' ')}`));
  }), [line, token] as const);
}

export function say(page: Page, line: string, message: object): Promise<void> {
  return page.evaluate(([name, text]) => window.lines?.get(name)?.socket.send(text), [line, JSON.stringify(message)] as const);
}

export function heard(page: Page, line: string): Promise<string[]> {
  return page.evaluate((name) => window.lines?.get(name)?.heard ?? [], line);
}
