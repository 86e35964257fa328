import { mount } from 'svelte';
import { channelInPath } from '../channels/api';
import '../look/base.css';
import * as hls from '../../player/hls';
import { presetIn } from '../sharing/consent';
import { Visit } from '../visit/visit.svelte';
import Watch from './Watch.svelte';

const target = document.getElementById('app');
const name = channelInPath(location.pathname);
if (target && name) {
  const visit = new Visit({
    name, base: '', token: new URLSearchParams(location.search).get('token') ?? '', loadHls: () => Promise.resolve(hls), autoplay: true, preset: presetIn(location.search), remembers: true,
  });
  window.shoal = { report: () => visit.report() };
  document.title = `${name} · Shoal`;
  mount(Watch, { target, props: { visit } });
} else {
  location.replace('/');
}
