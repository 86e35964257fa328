import { mount } from 'svelte';
import '../look/base.css';
import Channels from './Channels.svelte';

const target = document.getElementById('app');
if (target) mount(Channels, { target });
