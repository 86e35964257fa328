// What may be read over the picture: captions inside it, and subtitles beside it. hls.js, and Safari by itself, make text tracks of them.
//
// What it is: the choice among a video's text tracks, kept up while tracks come and go.
// Who calls it: player.ts.
// What it owns: the modes of these tracks.
// What it will never do: draw or load text.

/** What a viewer wants to read: nothing, or something, in a language if he said which. */
export interface TextWish {
  readonly on: boolean;
  readonly label: string; // of the track that was chosen, or ''
}

export interface TextChoice {
  readonly label: string;
  readonly shown: boolean;
}

type Track = Pick<TextTrack, 'kind' | 'label' | 'language' | 'mode'>;

/** The track to show, of all that there are, or null. Pure. */
export function chosen<T extends Track>(tracks: readonly T[], { on, label }: TextWish, languages: readonly string[]): T | null {
  if (!on) return null;
  const spoken = languages.map((language) => language.toLowerCase().split('-')[0]);
  return tracks.find((track) => track.label === label)
    ?? tracks.find(({ language }) => language !== '' && spoken.includes(language.toLowerCase().split('-')[0]))
    ?? tracks[0] ?? null;
}

export class Texts {
  /** The playlist names some, whether or not anything was said yet. */
  #declared = false;
  #wish: TextWish;
  readonly #video: Pick<HTMLVideoElement, 'textTracks'>;
  readonly #languages: readonly string[]; // of the viewer
  readonly #changed: () => void;

  constructor(video: Pick<HTMLVideoElement, 'textTracks'>, wish: TextWish, languages: readonly string[], changed: () => void, signal: AbortSignal) {
    this.#video = video;
    this.#languages = languages;
    this.#wish = wish;
    this.#changed = changed;
    for (const name of ['addtrack', 'removetrack']) video.textTracks.addEventListener(name, () => this.#turn(), { signal });
  }

  get #tracks(): TextTrack[] {
    return [...this.#video.textTracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
  }

  /** What can be chosen; empty also while what is declared has not come. */
  get choices(): readonly TextChoice[] {
    return this.#tracks.map(({ label, mode }) => ({ label, shown: mode === 'showing' }));
  }

  get possible(): boolean {
    return this.#declared || this.#tracks.length > 0;
  }

  get wish(): TextWish {
    return this.#wish;
  }

  set wish(wish: TextWish) {
    this.#wish = wish;
    this.#turn();
  }

  declare(some: boolean): void {
    this.#declared = some;
    this.#turn();
  }

  /** Captions that are not shown are read on, as they stand in what is loaded anyway; subtitles are not asked for. */
  #turn(): void {
    const show = chosen(this.#tracks, this.#wish, this.#languages);
    for (const track of this.#tracks) {
      const mode = track === show ? 'showing' : track.kind === 'captions' ? 'hidden' : 'disabled';
      if (track.mode !== mode) track.mode = mode;
    }
    this.#changed();
  }
}
