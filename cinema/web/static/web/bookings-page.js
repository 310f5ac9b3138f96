/** The page of the visitor's bookings, where they can cancel them. */

import { onSessionChange, post, session } from "./api.js";
import { isolate } from "./bidi.js";
import { callAt, now } from "./clock.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { formatDateTime } from "./format.js";
import { requireLogin } from "./login-dialog.js";
import { pagedList } from "./paged-list.js";

/** Renders the page into `main`. Resolves to a function that cleans up. */
export async function bookingsPage(main) {
  const content = h("div", {});
  const cancelTimers = [];
  const stopTimers = () => cancelTimers.splice(0).forEach((cancelTimer) => cancelTimer());
  main.append(h("h1", { tabindex: -1 }, "My bookings"), content);

  async function render() {
    stopTimers();
    if (!session()) {
      const logIn = h("button", { type: "button", onclick: () => requireLogin() }, "Log in");
      content.replaceChildren(h("p", {}, "Log in to see your bookings. "), logIn);
      return;
    }
    const bookings = pagedList({
      className: "bookings",
      itemName: "booking",
      renderItem: (booking, showStatus) => bookingItem(booking, showStatus, cancelTimers),
      emptyMessage: ["You have no bookings yet. ", h("a", { href: "#/" }, "See what is on")],
    });
    content.replaceChildren(bookings.element);
    await bookings.open("/my-bookings/");
    // If the session had expired, the request above ended it.
    if (!session()) await render();
  }

  const unsubscribe = onSessionChange(render);
  if (!session()) requireLogin("Log in to see your bookings.");
  await render();
  return () => {
    unsubscribe();
    stopTimers();
  };
}

/** Adds a function to `cancelTimers` that cancels the item's change at the start of the show. */
function bookingItem(booking, showStatus, cancelTimers) {
  const { show, seat_label } = booking;
  const state = h("span", { class: "state" });
  const link = h("a", { href: `#/shows/${show.id}` }, h("bdi", {}, show.movie.title));
  const cancelButton = h("button", { type: "button", onclick: () => cancel() }, "Cancel");
  cancelButton.setAttribute("aria-label", `Cancel ${seat_label}, ${show.movie.title}`);
  const details = [`${formatDateTime(show.date_time)} · `, h("bdi", {}, show.screen_name), ` · No. ${booking.id}`];
  const item = h(
    "li",
    { class: "card booking" },
    h("strong", { class: "seat-label" }, h("bdi", {}, seat_label)),
    h("span", {}, link, h("span", { class: "quiet" }, details)),
    state,
    cancelButton,
  );

  /** `isAnswer`: the visitor has cancelled. Their focus may be nowhere since the dialog closed. */
  function update(status, isAnswer = false) {
    const { activeElement } = document;
    const isFocusLost = activeElement === cancelButton || (isAnswer && activeElement === document.body);
    booking.status = status;
    const isCancelled = status === "cancelled";
    const hasStarted = Date.parse(show.date_time) <= now();
    item.classList.toggle("cancelled", isCancelled);
    state.textContent = isCancelled ? "cancelled" : hasStarted ? "started" : "booked";
    cancelButton.hidden = isCancelled || hasStarted;
    if (cancelButton.hidden && isFocusLost) link.focus();
  }

  async function cancel() {
    const question = `Cancel seat ${isolate(seat_label)} for ${isolate(show.movie.title)}?`;
    if (!(await confirmInDialog(question, "Keep it", "Yes, cancel it"))) return;
    try {
      const { status } = await post(`/bookings/${booking.id}/cancel/`);
      showStatus(`Cancelled: ${isolate(seat_label)}, ${isolate(show.movie.title)}. The seat is available again.`);
      update(status, true);
    } catch (problem) {
      showStatus(problem.message);
      if (problem.code === "already_cancelled") update("cancelled", true);
    }
  }

  update(booking.status);
  const startsAt = Date.parse(show.date_time);
  if (startsAt > now()) cancelTimers.push(callAt(startsAt, () => update(booking.status)));
  return item;
}
