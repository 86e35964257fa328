// The plot: how far behind live, against how often the origin sends the stream. Down and to the left is better.
import { middle } from './figures';
import { round, type Column } from './table';

const [WIDTH, HEIGHT] = [760, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 728, 96, 356];
const COLOURS = 7;
/** How wide a letter of a name is, at most, and how high a line. */
const [LETTER, LINE] = [8, 16];

/** As in sim/plot, the style of the pages, with two colours more. */
const style = `
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;fill:#49625f}
.ground{fill:#fff}.title{font-size:18px;font-weight:650;fill:#0f2220}.end{text-anchor:end}.middle{text-anchor:middle}.value{fill:#0f2220;font-weight:600}
.grid{stroke:#dde8e5}.base{stroke:#49625f}.note{stroke:#49625f;stroke-width:1.5;stroke-dasharray:2 4}
.f0{fill:#0a7658}.f1{fill:#b0791c}.f2{fill:#3d5a80}.f3{fill:#8aa2bd}.f4{fill:#c29a9e}.f5{fill:#7a4b8c}.f6{fill:#0f2220}.run{opacity:.45}
@media (prefers-color-scheme:dark){
text{fill:#9fb6ba}.ground{fill:#0a1316}.title,.value{fill:#e9f2f2}.grid{stroke:#21343a}.base,.note{stroke:#9fb6ba}
.f0{fill:#35c79c}.f1{fill:#f3ba4f}.f2{fill:#8fb4e0}.f3{fill:#5d7896}.f4{fill:#a06c73}.f5{fill:#c79bd8}.f6{fill:#e9f2f2}}
`;

export function picture(columns: readonly Column[], viewers: number, below: string): string {
  const drawn = columns.filter(({ runs }) => runs.some((run) => run.copies > 0 && run.latencyP50 > 0));
  const farthest = Math.max(4, ...drawn.flatMap(({ runs }) => runs.map((run) => run.latencyP50 || 0)));
  const most = Math.max(viewers, ...drawn.flatMap(({ runs }) => runs.map((run) => run.copies || 0))) * 1.1;
  const stepS = farthest > 12 ? 4 : farthest > 6 ? 2 : 1;
  const endS = Math.ceil(farthest * 1.08 / stepS) * stepS;
  const x = (seconds: number): number => LEFT + seconds / endS * (RIGHT - LEFT);
  const y = (copies: number): number => BOTTOM - copies / most * (BOTTOM - TOP);
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Origin copies and latency of each engine"><style>${style}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" rx="16" class="ground"/>`,
    text(24, 36, 'title', 'How often the origin sends the stream, and how far behind live'),
    text(24, 58, '', below),
  ];
  for (let copies = 0; copies <= most; copies += most > 12 ? 2 : 1) {
    out.push(`<path class="grid" d="M${LEFT} ${px(y(copies))}H${RIGHT}"/>`, text(LEFT - 8, y(copies) + 4, 'end', String(copies)));
  }
  out.push(`<path class="base" d="M${LEFT} ${BOTTOM}H${RIGHT}"/>`);
  for (let seconds = 0; seconds <= endS; seconds += stepS) out.push(text(x(seconds), BOTTOM + 20, 'middle', `${seconds} s`));
  out.push(text((LEFT + RIGHT) / 2, BOTTOM + 42, 'middle', 'across: glass to glass; upwards: copies of each segment from the origin; large: the middle of the runs'));
  for (const [copies, words] of [[viewers, 'no sharing at all'], [1, 'one copy for everybody']] as const) {
    out.push(`<path class="note" d="M${LEFT} ${px(y(copies))}H${RIGHT}"/>`, text(RIGHT, y(copies) - 6, 'end', words));
  }
  const taken: Box[] = [];
  for (const [i, { engine, runs }] of drawn.entries()) {
    const colour = `f${i % COLOURS}`;
    for (const run of runs) out.push(`<circle class="${colour} run" cx="${px(x(run.latencyP50))}" cy="${px(y(run.copies))}" r="3"/>`);
    const all = middle(runs);
    const [cx, cy] = [x(all.latencyP50), y(all.copies)];
    out.push(`<circle class="${colour}" cx="${px(cx)}" cy="${px(cy)}" r="7"/>`);
    out.push(label(cx, cy, `${engine.name} ${round(all.copies, 2)}`, taken));
  }
  return [...out, '</svg>', ''].join('\n');
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** A point's name beside it, where it lies upon no other name if there is such a place. */
function label(x: number, y: number, words: string, taken: Box[]): string {
  const width = words.length * LETTER;
  const places = [-8, 20, -24, 36, -40, 52].flatMap((dy): Box[] => [{ x: x + 11, y: y + dy, width }, { x: x - 11 - width, y: y + dy, width }])
    .filter((box) => box.x > LEFT && box.x + width < RIGHT && box.y > TOP - LINE && box.y < BOTTOM);
  const free = places.find((box) => taken.every((other) =>
    Math.abs(box.y - other.y) >= LINE || box.x + box.width < other.x || other.x + other.width < box.x)) ?? places[0];
  if (!free) return '';
  taken.push(free);
  return free.x > x ? text(free.x, free.y, 'value', words) : text(free.x + width, free.y, 'value end', words);
}

function text(x: number, y: number, as: string, words: string): string {
  return `<text x="${px(x)}" y="${px(y)}" class="${as}">${words.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</text>`;
}

function px(value: number): string {
  return round(value, 1);
}
