// The style of a component alone, as vite gives it.
declare module '*&type=style&lang.css&inline' {
  const css: string;
  export default css;
}
