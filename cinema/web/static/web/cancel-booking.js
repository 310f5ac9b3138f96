/** Cancels bookings after a question. */

import { get, post } from "./api.js";
import { isolate } from "./bidi.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { joinWithAnd } from "./format.js";
import { text } from "./words.js";

/** The other half of the sofa of a booking, as in the seat map; undefined if its seat is no half of a sofa. */
async function otherHalf({ show, seat_number }) {
  const { seats } = await get(`/shows/${show.id}/seats/`).catch(() => ({ seats: [] }));
  return seats.find((seat) => seat.pair === seat_number);
}

/**
 * Asks whether to cancel bookings of one show, and cancels them. Resolves to the message about it; null if the visitor
 * keeps them.
 */
export async function cancelBookings(bookings) {
  const { title } = bookings[0].show.movie;
  // The server cancels a sofa whole.
  const other = bookings.length === 1 ? await otherHalf(bookings[0]) : undefined;
  const labels = [...bookings.map(({ seat_label }) => seat_label), ...(other ? [other.label] : [])].map(isolate);
  const values = { seats: joinWithAnd(labels), title: isolate(title) };
  const question = text(other ? "cancel.sofaQuestion" : "cancel.question", { count: labels.length, ...values });
  const things = { count: other ? 1 : labels.length };
  if (!(await confirmInDialog(question, text("cancel.keep", things), text("cancel.confirm", things)))) return null;
  for (const { id } of bookings) {
    try {
      await post(`/bookings/${id}/cancel/`);
    } catch (problem) {
      // The other half of a sofa was cancelled by the request before.
      if (problem.code !== "already_cancelled" || bookings.length === 1) return problem.message;
    }
  }
  return text("cancel.done", { count: labels.length, ...values });
}
