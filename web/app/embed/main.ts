import { mount } from 'svelte';
import { channelInPath } from '../channels/api';
import '../look/base.css';
import { ownVisit } from '../visit/own';
import Embed from './Embed.svelte';

const target = document.getElementById('app');
const name = channelInPath(location.pathname);
if (target && name) {
  const visit = ownVisit(name);
  window.shoal = { report: () => visit.report() };
  document.title = `${name} · Shoal`;
  mount(Embed, { target, props: { visit } });
}
