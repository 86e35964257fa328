import { mount } from 'svelte';
import { channelInPath } from '../channels/api';
import '../look/base.css';
import { readLatency } from '../element/latency';
import Wrong from '../element/Wrong.svelte';
import { ownVisit } from '../visit/own';
import Embed from './Embed.svelte';

const target = document.getElementById('app');
const name = channelInPath(location.pathname);
if (target && name) {
  const latency = readLatency(new URLSearchParams(location.search).get('latency'));
  document.title = `${name} · Shoal`;
  if (typeof latency === 'string') mount(Wrong, { target, props: { says: latency } });
  else {
    const visit = ownVisit(name, null, '', latency);
    window.shoal = { report: () => visit.report() };
    mount(Embed, { target, props: { visit } });
  }
}
