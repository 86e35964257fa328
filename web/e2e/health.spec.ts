// A streamer looks on the channels page at how the stream comes in, and is told what to do about it.
import { expect, test } from './harness/house';
import { publish } from './harness/publisher';

test('who holds the key sees how the stream comes in', async ({ server, live, open }) => {
  const { page } = await open('/');
  await page.getByText('How is my stream?').click();
  const key = page.getByLabel('Stream key');
  const look = page.getByRole('button', { name: 'Look' });

  await key.fill('not the key');
  await look.click();
  await expect(page.getByText('This is not the stream key of fish')).toBeVisible();

  await key.fill(live.card.stream_key);
  await look.click();
  await expect(page.getByText('256 × 144')).toBeVisible();
  await expect(page.getByText('RTMP', { exact: true })).toBeVisible();
  await expect(page.getByText('All is well.')).toBeVisible({ timeout: 20_000 });

  await live.publisher.stop();
  await expect(page.getByText('the broadcast waits for you to come back')).toBeVisible({ timeout: 20_000 });
  live.publisher = await publish(server, live.card, { over: 'srt', keys: 6 });
  await expect(page.getByText('SRT', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText('Set the key frame interval to 2 s')).toBeVisible({ timeout: 30_000 });
});
