// Why the server refuses who comes with a stream key, in the words of a page. Pure.
import { fields } from '../channels/api';

/** Of what a streamer can mend, what it is; null of anything else. */
export function refusal(status: number, name: string): string | null {
  if (status === 401) return `This is not the stream key of ${name}. Copy it again as it was printed.`;
  if (status === 404) return `There is no channel called ${name} here. Check its name.`;
  return null;
}

/** The words of a problem that the server answered. */
export function problemIn(text: string): string {
  try {
    const message = fields(fields(JSON.parse(text))?.error)?.message;
    if (typeof message === 'string' && message !== '') return message;
  } catch {
    // Not from this server.
  }
  return 'The server refused it. Try again in a minute.';
}
