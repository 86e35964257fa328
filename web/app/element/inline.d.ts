// The style of a component alone: vite.config.ts.
declare module 'style:*' {
  const css: string;
  export default css;
}
