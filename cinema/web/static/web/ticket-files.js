/** The files of a ticket: its QR code and its entry for a calendar. Both need the visitor's token. */

import { getFile } from "./api.js";
import { h } from "./dom.js";
import { text } from "./words.js";

const codes = new Map(); // QR codes by their paths. The page draws its tickets again after each change.

/** The QR code that admits the whole order. It is an image, which can run no script. */
export function orderCode(booking) {
  const { id, order } = booking;
  const image = h("img", { class: "code", tabindex: -1, alt: order ? text("ticket.codeOf", { order }) : text("ticket.code") });
  const path = `/bookings/${id}/ticket.svg${order ? "?order=true" : ""}`;
  if (!codes.has(path)) codes.set(path, getFile(path, "image/svg+xml"));
  codes.get(path).then(
    (code) => (image.src = `data:image/svg+xml,${encodeURIComponent(code)}`),
    () => {
      codes.delete(path);
      const retry = h("button", { type: "button", onclick: () => tryAgain() }, text("page.tryAgain"));
      const failure = h("div", {}, h("p", { class: "error", role: "alert" }, text("ticket.codeFailed")), retry);
      image.replaceWith(failure);
      const tryAgain = () => {
        const next = orderCode(booking);
        failure.replaceWith(next);
        next.focus(); // The button had the focus.
      };
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
