import { mount } from 'svelte';
import { channelInPath } from '../channels/api';
import { clipInPath, recordingInPath } from '../recordings/api';
import '../look/base.css';
import { ownVisit } from '../visit/own';
import Watch from './Watch.svelte';

const target = document.getElementById('app');
const name = channelInPath(location.pathname);
if (target && name) {
  const visit = ownVisit(name, recordingInPath(location.pathname), clipInPath(location.pathname));
  window.shoal = { report: () => visit.report() };
  mount(Watch, { target, props: { visit } });
} else {
  location.replace('/');
}
