// The compiled shaka-player declares no module of its own.
declare module 'shaka-player/dist/shaka-player.compiled.js' {
  interface Player {
    attach(video: HTMLVideoElement): Promise<void>;
    load(source: string): Promise<void>;
    configure(setting: string, value: unknown): boolean;
    addEventListener(kind: string, heard: (event: unknown) => void): void;
  }
  const shaka: { readonly Player: new () => Player };
  export default shaka;
}
