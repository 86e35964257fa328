// The look of everything in the shadow, as one sheet: a style element would need a permission of the page around it
// (Content-Security-Policy), and a link would come too late.
import base from '../look/base.css?inline';
import diagnosis from '../diagnosis/Diagnosis.svelte?svelte&type=style&lang.css&inline';
import frame from '../frame/Frame.svelte?svelte&type=style&lang.css&inline';
import question from '../frame/Question.svelte?svelte&type=style&lang.css&inline';
import controls from '../picture/Controls.svelte?svelte&type=style&lang.css&inline';
import notice from '../picture/Notice.svelte?svelte&type=style&lang.css&inline';
import picture from '../picture/Picture.svelte?svelte&type=style&lang.css&inline';
import card from '../sharing/SharingCard.svelte?svelte&type=style&lang.css&inline';
import wrong from './Wrong.svelte?svelte&type=style&lang.css&inline';

let made: CSSStyleSheet | undefined;

/** The sheet, made once for all players of a page. */
export function sheet(): CSSStyleSheet {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync([base, diagnosis, frame, question, controls, notice, picture, card, wrong].join('\n'));
  }
  return made;
}
