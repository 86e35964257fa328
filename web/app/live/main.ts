import { mount } from 'svelte';
import '../look/base.css';
import Live from './Live.svelte';
import { Studio } from './studio.svelte';

const target = document.getElementById('app');
if (target) mount(Live, { target, props: { studio: new Studio() } });
