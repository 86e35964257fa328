// A streamer changes the settings of a channel on its page, within what the server gives: with the keyboard, on a phone, and told in words.
import { findings } from './harness/axe';
import { expect, test } from './harness/house';

test.use({ settings: ['--rewind', '30m', '--keep-days', '30'] });

test('who holds the key changes settings, and is told what is wrong where it is', async ({ server, open }) => {
  const card = await server.addChannel('fish');
  const { page } = await open('/settings');
  await page.setViewportSize({ width: 390, height: 844 });

  await page.getByLabel('Stream key').fill('not the key');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Enter the channel’s name.')).toBeVisible();
  await page.getByRole('textbox', { name: 'Channel' }).fill('No name!');
  await page.getByLabel('Stream key').focus();
  await expect(page.getByText('A name has only a-z')).toBeVisible();
  await page.getByRole('textbox', { name: 'Channel' }).fill('fish');
  await page.keyboard.press('Enter');
  await expect(page.getByText('This is not the stream key of fish.')).toBeVisible();

  await page.goto(`${server.url}/live`); // another page, so that the fragment is read
  await page.goto(`${server.url}/settings#channel=fish&key=${card.stream_key}`);
  const rewind = page.getByLabel('Viewers can go back');
  await expect(rewind).toHaveValue('30');
  expect(page.url(), 'the key is taken out of the address').not.toContain(card.stream_key);

  // More than the server gives is refused at the field, which gets the focus; nothing is sent.
  await rewind.fill('31');
  await page.getByLabel('Keep recordings for').fill('7');
  await expect(page.getByText('recordings beyond it are deleted')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(rewind).toBeFocused();
  await expect(rewind).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('Write minutes from 0 to 30.')).toBeVisible();
  expect(await findings(page)).toEqual([]);

  await rewind.fill('7.5');
  await page.getByLabel('Make clips').focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Save, and delete what is beyond' }).press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Saved. Some of it holds from now on' })).toBeVisible();
  await expect.poll(async () => (await fetch(`${server.url}/api/v1/channels/fish`)).json()).toMatchObject({ rewind_s: 450, clips: false });
  await expect(page.getByLabel('Download recordings and clips'), 'the server gives none').toBeDisabled();

  // What the operator gave less of meanwhile, the server says at the field.
  await page.route('**/settings', (route) => route.fulfill({ status: 400, json: { error: { code: 'setting', message: '', fields: { rewind: 'a time up to 1m0s' } } } }));
  await rewind.fill('20');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Write a time up to 1m0s.')).toBeVisible();
  await expect(rewind).toBeFocused();
  await page.unroute('**/settings');

  // The server's own value is no choice any more.
  await rewind.fill('30');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Saved. It holds from the next broadcast on.' })).toBeVisible();
  const told = await fetch(`${server.url}/api/v1/channels/fish/settings`, { headers: { Authorization: `Bearer ${card.stream_key}` } });
  expect(await told.json()).toMatchObject({ rewind: { value: '30m0s', chosen: null }, keep_days: { value: '7', chosen: '7' } });
  for (const path of ['/settings', '/live', '/upload', '/']) {
    await page.goto(server.url + path);
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 844 });
      const heading = await page.getByRole('heading', { level: 1 }).boundingBox();
      expect(heading?.height, `the heading of ${path} is one line`).toBeLessThan(48);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `nothing of ${path} is wider than the phone`).toBeLessThanOrEqual(width);
    }
  }
});
