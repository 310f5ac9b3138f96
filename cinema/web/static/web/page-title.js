/** The title of the document: that of the page, and the name of the cinema. */

import { isolate } from "./bidi.js";

// From the server's setting CINEMA_NAME.
export const cinemaName = document.title;

export function setTitle(title) {
  document.title = title ? `${isolate(title)} – ${isolate(cinemaName)}` : cinemaName;
}
