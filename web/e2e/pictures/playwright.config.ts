// `npm run screenshots`: the pictures of the README and of docs/.
import { defineConfig } from '@playwright/test';
import config from '../playwright.config';

export default defineConfig(config, { testDir: '.', testIgnore: [], outputDir: '../../test-results', reporter: 'list' });
