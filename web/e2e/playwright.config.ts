// What runs where: every *.spec.ts here, one after the other, against bin/shoal, in Debian's Chromium.
import { defineConfig } from '@playwright/test';
import { resolve } from 'node:path';

// Any free port for WebRTC publishing: servers of several tests, and of other runs, stand side by side.
process.env.SHOAL_WHIP ??= '127.0.0.1:0';

export default defineConfig({
  testDir: '.',
  testIgnore: ['pictures/**', 'proofs/**'],
  outputDir: '../test-results',
  // One test at a time: a second browser on two cores would be measured in the first one's stalls.
  workers: 1,
  fullyParallel: false,
  // A promise that holds at the second try does not hold.
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  globalTimeout: 25 * 60_000,
  reporter: [['list'], [resolve(import.meta.dirname, 'harness/tally.ts')]],
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
});
