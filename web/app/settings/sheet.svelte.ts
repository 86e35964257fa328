// One streamer and the settings of a channel: what is in force, what was entered, what is wrong with it.
//
// What it is: the state behind the settings page.
// Who calls it: Settings.svelte and its fields.
// What it owns: what was entered and is not saved.
// What it will never do: keep a stream key that it was not asked to keep, or change a setting that nobody touched.
import { isName, nameIn, placeInFragment, remember, remembered, type Place } from '../place/place';
import { memory } from '../sharing/consent';
import { askSettings, changeSettings, type Told } from './api';
import { deletes, entered, fields, fixed, same, saved, shown, type Entered, type Field, type Key, type Settings } from './words';

const AWAY = 'The server does not answer. Try again in a minute.';

export class Sheet {
  name = $state('');
  key = $state('');
  keep = $state(false);
  wrongName = $state('');
  wrongKey = $state('');
  problem = $state('');
  busy = $state(false);
  said = $state(''); // of what was done last
  opened = $state.raw<Place | null>(null); // whose settings these are
  settings = $state.raw<Settings | null>(null);
  texts = $state<Partial<Record<Key, string>>>({}); // as the fields show them
  wrong = $state<Partial<Record<Key, string>>>({});

  /** Reads the address and what is remembered, and opens if both are there. */
  begin(): void {
    const stored = remembered(memory());
    const given = placeInFragment(location.hash);
    if (location.hash) history.replaceState(null, '', location.pathname + location.search); // a key does not stay on the screen
    this.name = given.name ?? stored?.name ?? '';
    this.key = given.key ?? (given.name === undefined || given.name === stored?.name ? (stored?.key ?? '') : '');
    this.keep = stored !== null && stored.key === this.key;
    if (this.place) void this.open();
  }

  get place(): Place | null {
    const name = nameIn(this.name);
    const key = this.key.trim();
    return isName(name) && key !== '' ? { name, key } : null;
  }

  /** Asks for the settings of the channel that was entered. Returns whether they are there. */
  async open(): Promise<boolean> {
    const { place } = this;
    if (this.busy) return false;
    if (!place) {
      this.wrongName = isName(nameIn(this.name)) ? '' : 'Enter the channel’s name.';
      this.wrongKey = this.key.trim() === '' ? 'Enter its stream key: whoever made the channel has it.' : '';
      return false;
    }
    this.said = '';
    const fine = await this.#during(askSettings(place), place);
    if (fine) remember(memory(), this.keep ? place : null);
    return fine;
  }

  /** What a field holds, as the server takes it. */
  entry(field: Field): Entered {
    const setting = this.settings?.[field.key];
    if (!setting) return { value: '' };
    const text = this.texts[field.key] ?? '';
    return fixed(field, setting) || text === shown(field.kind, setting.value) ? { value: setting.value } : entered(field, text, setting);
  }

  /** The fields that were changed, and hold what can be saved. */
  get changed(): readonly Field[] {
    return fields.filter((field) => {
      const entry = this.entry(field);
      return 'value' in entry && this.settings !== null && !same(field, entry.value, this.settings[field.key].value);
    });
  }

  /** Whether saving a field as it is deletes recordings. */
  deletes(field: Field): boolean {
    const entry = this.entry(field);
    return 'value' in entry && this.settings !== null && deletes(field, entry.value, this.settings[field.key].value);
  }

  enter(key: Key, text: string): void {
    this.texts[key] = text;
    this.said = '';
    delete this.wrong[key];
  }

  /** Says at a field what is wrong with it, once it was left. */
  look(field: Field): void {
    const entry = this.entry(field);
    if ('wrong' in entry) this.wrong[field.key] = entry.wrong;
  }

  /** Saves what was changed. Returns the first field that is wrong, if one is. */
  async save(): Promise<Key | null> {
    const { opened, settings } = this;
    if (!opened || !settings || this.busy) return null;
    fields.forEach((field) => this.look(field));
    if (this.#firstWrong) return this.#firstWrong;
    const { changed } = this;
    const changes: Partial<Record<Key, string>> = {};
    for (const field of changed) {
      const entry = this.entry(field);
      if ('value' in entry) changes[field.key] = same(field, entry.value, settings[field.key].given) ? '' : entry.value;
    }
    this.said = '';
    const fine = changed.length === 0 || (await this.#during(changeSettings(opened, changes), opened));
    if (fine) this.said = saved(changed.map(({ key }) => settings[key]));
    return this.#firstWrong;
  }

  get #firstWrong(): Key | null {
    return fields.find(({ key }) => this.wrong[key])?.key ?? null;
  }

  async #during(asking: Promise<Told>, place: Place): Promise<boolean> {
    this.busy = true;
    const told = await asking;
    this.busy = false;
    this.problem = told.kind === 'away' ? AWAY : told.kind === 'refused' || (this.settings && (told.kind === 'key' || told.kind === 'name')) ? told.says : '';
    this.wrongKey = told.kind === 'key' ? told.says : '';
    this.wrongName = told.kind === 'name' ? told.says : '';
    this.wrong = told.kind === 'wrong' ? told.fields : {};
    if (told.kind === 'wrong' && !this.#firstWrong) this.problem = 'The server does not take this. Load the page again.';
    if (told.kind !== 'ok') return false;
    this.opened = place;
    this.settings = told.value;
    this.texts = Object.fromEntries(fields.map(({ key, kind }) => [key, shown(kind, told.value[key].value)]));
    return true;
  }
}
