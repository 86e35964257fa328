// The compiled shaka-player declares no module of its own.
declare module 'shaka-player/dist/shaka-player.compiled.js' {
  interface Player {
    attach(video: HTMLVideoElement): Promise<void>;
    load(source: string): Promise<void>;
    addEventListener(kind: string, heard: (event: unknown) => void): void;
  }
  const shaka: { readonly Player: new () => Player };
  export default shaka;
}
