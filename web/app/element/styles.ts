// The look of everything in the shadow, as one sheet: a style element would need a permission of the page around it
// (Content-Security-Policy), and a link would come too late.
import base from '../look/base.css?inline';
import diagnosis from 'style:../diagnosis/Diagnosis.svelte';
import frame from 'style:../frame/Frame.svelte';
import question from 'style:../frame/Question.svelte';
import controls from 'style:../picture/Controls.svelte';
import notice from 'style:../picture/Notice.svelte';
import picture from 'style:../picture/Picture.svelte';
import card from 'style:../sharing/SharingCard.svelte';
import wrong from 'style:./Wrong.svelte';

let made: CSSStyleSheet | undefined;

/** The sheet, made once for all players of a page. */
export function sheet(): CSSStyleSheet {
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync([base, diagnosis, frame, question, controls, notice, picture, card, wrong].join('\n'));
  }
  return made;
}
