// `npm run proofs`: what takes longer than CI has, or says figures rather than yes and no. docs/benchmarks.md shows them.
import { defineConfig } from '@playwright/test';
import config from '../playwright.config';

export default defineConfig(config, { testDir: '.', testIgnore: [], outputDir: '../../test-results', reporter: 'list', timeout: 180_000 });
