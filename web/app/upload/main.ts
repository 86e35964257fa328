import { mount } from 'svelte';
import '../look/base.css';
import Uploads from './Uploads.svelte';
import { Desk } from './desk.svelte';

const target = document.getElementById('app');
if (target) mount(Uploads, { target, props: { desk: new Desk() } });
