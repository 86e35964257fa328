// A tab that is hidden behind another one: the browser slows its timers down, and it goes on giving, since messages wake it.
import { expect, test } from './harness/house';
import { INTENSIVE_AFTER_S, Window, type Tab } from './harness/hidden';
import { throughout, until } from './harness/until';

const share = '/c/fish?share=yes';
const CLOSE_S = 4;
/** Well into the time in which a tab that nothing speaks for may do something once a minute. */
const HIDDEN_MS = (INTENSIVE_AFTER_S + 10) * 1_000;

/** How often a timer of 50 ms goes off in 3 s. */
const ticks = (tab: Tab): Promise<number> => tab.evaluate<number>(`new Promise((answer) => {
  let n = 0;
  const timer = setInterval(() => n++, 50);
  const channel = new MessageChannel();
  const end = performance.now() + 3000;
  channel.port1.onmessage = () => (performance.now() < end ? channel.port2.postMessage(0) : (clearInterval(timer), answer(n)));
  channel.port2.postMessage(0);
})`);

test('a hidden tab goes on giving and taking, nobody\'s picture stands still, and it is close to live when it is shown again', async ({ server, live, open }) => {
  expect(live.card.channel).toBe('fish');
  const awake = await open(share);
  const window = await Window.open();
  const tab = await window.tab(server.url + share);
  await tab.shares(1);
  await awake.shares(1);
  await until('they have something from each other', async () => (await tab.report()).uploadBytes > 100_000 && (await tab.report()).peerBytes > 0, 30_000);

  await window.tab('about:blank');
  await until('it is hidden', () => tab.hidden(), 5_000);
  expect(await ticks(tab), 'a timer of 50 ms, in 3 s').toBeLessThanOrEqual(6);
  const [before, beforeAwake] = [await tab.report(), await awake.report()];
  await throughout(HIDDEN_MS, 1_000, async () => {
    const { stalls, latencyS } = await awake.report();
    expect({ stalls, near: (latencyS ?? Infinity) <= CLOSE_S }).toEqual({ stalls: beforeAwake.stalls, near: true });
  });
  const [after, afterAwake] = [await tab.report(), await awake.report()];
  const seconds = HIDDEN_MS / 1_000;
  console.log(`  in ${seconds} s hidden it gave ${((after.uploadBytes - before.uploadBytes) / seconds / 1000).toFixed(0)} and took ${((after.peerBytes - before.peerBytes) / seconds / 1000).toFixed(0)} kB a second; ` +
    `${after.stalls - before.stalls} stalls, ${after.latencyS} s behind live`);
  expect(await tab.hidden()).toBe(true);
  expect(after.peers).toBe(1);
  expect(after.piecesRefused).toBe(0);
  expect(after.uploadBytes, 'it gives').toBeGreaterThan(before.uploadBytes);
  expect(after.peerBytes, 'it takes').toBeGreaterThan(before.peerBytes);
  expect(afterAwake.peers).toBe(1);

  await tab.show();
  await until('it is seen', async () => !(await tab.hidden()), 5_000);
  await until('its picture moves, close to live', async () => (await tab.moves()) && ((await tab.report()).latencyS ?? Infinity) <= CLOSE_S, 10_000);
  expect((await tab.report()).peers).toBe(1);
  await window.close();
});
