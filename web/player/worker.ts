// hls.js's worker, wherever the page is.

/**
 * The address to start a worker from. Browsers start workers only from the page's own site: on another site a line of script
 * fetches it. Where that is forbidden (worker-src), hls.js does the worker's part in the page.
 */
export function workerAddress(path: string): string {
  const url = new URL(path, location.href);
  if (url.origin === location.origin) return url.href;
  return URL.createObjectURL(new Blob([`importScripts(${JSON.stringify(url.href)})`], { type: 'text/javascript' }));
}
