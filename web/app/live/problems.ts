// What can go wrong before and on air, in plain words: what it is, and what to do.

export interface Problem {
  readonly head: string;
  readonly says: string;
  /** Somebody has the place, and it can be taken. */
  readonly taken?: boolean;
}

export type Asked = 'camera' | 'microphone' | 'screen';

const problem = (head: string, says: string): Problem => ({ head, says });

export const insecure = problem('This page may not use camera and microphone',
  'Browsers allow it only over HTTPS, or on the server’s own machine. Open this page with https:// in front, or ask whoever runs the server.');
export const noEncoder = problem('This browser cannot send H.264', 'Use a current Chrome, Edge, Safari or Firefox, or publish with OBS.');
export const nothingToSend = problem('There is nothing to send yet', 'Turn on a camera, a screen or a microphone first.');
export const screenEnded = problem('The screen is no longer shared', 'Viewers see its last picture. Choose a screen again, or go back to the camera.');
export const sourceEnded = problem('The device is gone', 'It was unplugged, or another program took it. Choose another one.');

/** Why a device or the screen could not be opened. `error` is what the browser threw. */
export function deviceProblem(asked: Asked, error: unknown): Problem {
  const name = error instanceof Error ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return asked === 'screen'
        ? problem('No screen was chosen', 'Press the button again, and choose a window or screen when the browser asks.')
        : problem(`The browser may not use the ${asked}`, 'Permission was refused. Press the symbol beside the address of this page, allow it there, and try again.');
    case 'NotFoundError':
    case 'OverconstrainedError':
      return problem(`No ${asked} was found`, asked === 'camera' ? 'Plug one in and try again, or send your screen or sound only.' : 'Plug one in and try again, or go on without sound.');
    case 'NotReadableError':
    case 'AbortError':
      return problem(`The ${asked} does not start`, 'Another program may be using it. Close that program and try again.');
  }
  return problem(`The ${asked} cannot be used`, `The browser says: ${error instanceof Error ? error.message : String(error)}`);
}

/** Why the server did not take the stream. `worth`: trying again may help without anybody doing anything. */
export function refusal(status: number, says: string): { readonly problem: Problem; readonly worth: boolean } {
  switch (status) {
    case 0:
      return { problem: problem('The server does not answer', 'Your connection or the server may be down. It is tried again by itself.'), worth: true };
    case 401:
    case 403:
      return { problem: problem('The stream key is not right', 'It does not belong to this channel. Copy both again from where the channel was made.'), worth: false };
    case 404:
      return { problem: problem('This server takes no streams from browsers', says || 'Its operator has turned that off. Publish with OBS instead.'), worth: false };
    case 409:
      return {
        problem: { ...problem('This channel is live already', 'Somebody else, or another page of yours, sends to it now. Stop that one first, or take its place: viewers go on watching.'), taken: true },
        worth: true,
      };
    case 429:
    case 503:
      return { problem: problem('The server is full', says || 'It takes no more streams just now. It is tried again by itself.'), worth: true };
  }
  return { problem: problem('The server did not take the stream', says || `It answered ${status}.`), worth: status >= 500 };
}

/** What was sent from here was cut for another publisher. */
export const takenOver: Problem = {
  ...problem('Another publisher took over', 'Somebody else, or another page or program of yours, sends to this channel now. Viewers go on watching. Take its place again if that was not meant.'),
  taken: true,
};
export const unheard = problem('Nothing comes back from the server', 'Your connection or the server may be down: what you send may not arrive. If it comes back, you are on air again without doing anything.');
export const broken = problem('The connection to the server broke', 'It is tried again by itself, and viewers wait for you meanwhile.');
export const noRoute = problem('No connection to the server comes about', 'Your network may let no UDP through. Try another network; whoever runs the server can check its UDP port (docs/operating.md).');
