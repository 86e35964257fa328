import { describe, expect, it } from 'vitest';
import { flag, readWish, type Attribute } from './attributes';

const home = 'https://shoal.example';
const page = { protocol: 'https:' };
const read = (given: Partial<Record<Attribute, string>>, where = page) => readWish((name) => given[name] ?? null, home, where);

describe('what an author writes', () => {
  it('is an address of a channel, or a name on the server that the script is from', () => {
    const usual = { name: 'fish', base: 'https://live.example:8443', token: '', autoplay: true, controls: true, sharing: 'ask', distanceS: null };
    expect(read({ channel: ' https://live.example:8443/c/fish ' })).toEqual(usual);
    expect(read({ src: 'https://live.example:8443/embed/fish' })).toEqual(usual);
    expect(read({ channel: 'https://live.example:8443/c/fish?share=yes#top' })).toEqual(usual);
    expect(read({ channel: 'fish' })).toEqual({ ...usual, base: home });
    expect(read({ channel: 'https://live.example:8443/c/fish?token=abc' })).toEqual({ ...usual, token: 'abc' });
    expect(read({ channel: 'https://live.example:8443/c/fish?token=abc', token: 'new' })).toEqual({ ...usual, token: 'new' });
  });

  it('switches things off in any usual way, and no other', () => {
    expect(['', 'on', 'true', 'autoplay', 'x'].map((value) => flag(value, false))).toEqual(Array(5).fill(true));
    expect(['false', 'OFF', 'no', '0'].map((value) => flag(value, true))).toEqual(Array(4).fill(false));
    expect([flag(null, true), flag(null, false)]).toEqual([true, false]);
    expect(read({ channel: 'fish', sharing: 'off', autoplay: 'false', controls: 'off' })).toMatchObject({ sharing: 'off', autoplay: false, controls: false });
  });

  it('is answered in words if it is wrong', () => {
    expect(read({})).toContain('Write channel="https://SERVER/c/NAME"');
    for (const channel of ['https://live.example/', 'https://live.example/c/', 'https://live.example/c/BIG', 'ftp://live.example/c/fish', 'javascript:alert(1)', 'two words', '../c/fish', 'https://live.example/x/c/fish']) {
      expect(read({ channel }), channel).toContain(`channel="${channel}" is not the address of a channel`);
    }
    expect(read({ channel: 'fish', latency: '4.5' })).toMatchObject({ distanceS: 4.5 });
    expect(read({ channel: 'fish', latency: '1' })).toBe('latency="1" is not a number of seconds from 2 to 10.');
    expect(read({ channel: 'fish', sharing: 'yes' })).toBe('sharing="yes" is none of ask, on and off.');
    expect(read({ channel: 'http://live.example/c/fish' })).toContain('The server needs HTTPS too');
    expect(read({ channel: 'http://live.example/c/fish' }, { protocol: 'http:' })).toMatchObject({ name: 'fish' });
    expect(read({ channel: 'http://localhost:8080/c/fish' })).toMatchObject({ base: 'http://localhost:8080' });
  });
});
