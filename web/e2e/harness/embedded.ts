// A <shoal-player> on a page, as tests see it.
import type { Page } from '@playwright/test';
import type { Report } from '../../app/visit/report';
import { until } from './until';
import { Viewer } from './viewer';

type Told = Report & { readonly state: string; readonly trouble: { readonly code: string; readonly message: string } | null };

type Player = HTMLElement & { report?(): Told | null };

export class Embedded extends Viewer {
  override async report(): Promise<Told> {
    const report = await this.page.evaluate(() => document.querySelector<Player>('shoal-player')?.report?.());
    if (!report) throw new Error('the player tells nothing');
    return report;
  }

  override async moves(): Promise<boolean> {
    return moves(this.page);
  }
}

/** Whether the clock of a page's first picture runs, wherever it is. */
export function moves(page: Page): Promise<boolean> {
  return page.evaluate(() => new Promise<boolean>((answer) => {
    const video = (document.querySelector('shoal-player')?.shadowRoot ?? document).querySelector('video');
    const before = video?.currentTime ?? 0;
    setTimeout(() => answer((video?.currentTime ?? 0) > before), 200);
  }));
}

/** Waits until a page's first picture runs. */
export async function runs(page: Page): Promise<void> {
  await until('a picture moves', () => moves(page), 20_000);
}
