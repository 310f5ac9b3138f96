/** The files of a ticket: its QR code and its entry for a calendar. Both need the visitor's token. */

import { getFile } from "./api.js";
import { h } from "./dom.js";
import { text } from "./words.js";

const codes = new Map(); // QR codes by their paths. The page draws its tickets again after each change.

/** The QR code that admits the whole order. It is an image, which can run no script. */
export function orderCode({ id, order }) {
  const image = h("img", { class: "code", alt: order ? text("ticket.codeOf", { order }) : text("ticket.code") });
  const path = `/bookings/${id}/ticket.svg${order ? "?order=true" : ""}`;
  if (!codes.has(path)) codes.set(path, getFile(path, "image/svg+xml"));
  codes.get(path).then(
    (code) => (image.src = `data:image/svg+xml,${encodeURIComponent(code)}`),
    () => {
      codes.delete(path);
      image.replaceWith(h("p", { class: "error" }, text("ticket.codeFailed")));
    },
  );
  return image;
}

/** Saves the booking as a file that calendars open. */
export async function saveCalendar({ id }) {
  const calendar = await getFile(`/bookings/${id}/ticket.ics`, "text/calendar");
  const address = URL.createObjectURL(new Blob([calendar], { type: "text/calendar" }));
  h("a", { href: address, download: `booking-${id}.ics` }).click();
  // The download may begin after this task.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
