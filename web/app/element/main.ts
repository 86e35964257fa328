// shoal-player.js: see element.ts.
import { ShoalPlayer } from './element';

export { ShoalPlayer };

// Another copy of this program, of another server, may have been there first.
if (!customElements.get('shoal-player')) customElements.define('shoal-player', ShoalPlayer);
