import { mount } from 'svelte';
import '../look/base.css';
import Settings from './Settings.svelte';
import { Sheet } from './sheet.svelte';

const target = document.getElementById('app');
if (target) mount(Settings, { target, props: { sheet: new Sheet() } });
