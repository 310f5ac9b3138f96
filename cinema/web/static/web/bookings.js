/** The visitor's bookings, and cancelling them. */

import { askWho } from "./account.js";
import { now, onSession, post, session } from "./api.js";
import { h } from "./dom.js";
import { list } from "./list.js";
import { when } from "./words.js";

export async function bookingsPage(main) {
  const content = h("div", {});
  main.append(h("h1", { tabindex: -1 }, "My bookings"), content);

  async function show() {
    if (!session()) {
      const logIn = h("button", { type: "button", onclick: () => askWho() }, "Log in");
      content.replaceChildren(h("p", {}, "Log in to see your bookings. "), logIn);
      return;
    }
    const bookings = list({ name: "bookings", entry, none: ["You have no bookings yet. ", h("a", { href: "#/" }, "See what is on")] });
    content.replaceChildren(bookings.element);
    await bookings.open("/my-bookings/");
    // The visit was over meanwhile, for the server.
    if (!session()) await show();
  }

  const forget = onSession(show);
  if (!session()) askWho("To see your bookings, log in.");
  await show();
  return forget;
}

function entry(booking, say) {
  const { show, seat_label } = booking;
  const state = h("span", { class: "state" });
  const link = h("a", { href: `#/shows/${show.id}` }, show.movie.title);
  const cancel = h("button", { type: "button", onclick: () => confirmCancel() }, "Cancel");
  cancel.setAttribute("aria-label", `Cancel ${seat_label}, ${show.movie.title}`);
  const item = h(
    "li",
    { class: "card booking" },
    h("strong", { class: "seat-label" }, seat_label),
    h("span", {}, link, h("span", { class: "quiet" }, `${when(show.date_time)} · ${show.screen_name} · No. ${booking.id}`)),
    state,
    cancel,
  );

  function update(kind) {
    item.classList.toggle("cancelled", kind === "cancelled");
    const begun = Date.parse(show.date_time) <= now();
    state.textContent = kind === "cancelled" ? "cancelled" : begun ? "begun" : "booked";
    cancel.hidden = kind === "cancelled" || begun;
    if (cancel.hidden && (document.activeElement === document.body || document.activeElement === cancel)) link.focus();
  }

  async function confirmCancel() {
    if (!(await sure(`Cancel seat ${seat_label} for ${show.movie.title}?`))) return;
    try {
      const { status } = await post(`/bookings/${booking.id}/cancel/`);
      say(`Cancelled: ${seat_label}, ${show.movie.title}. The seat is free again.`);
      update(status);
    } catch (problem) {
      say(problem.message);
      if (problem.code === "already_cancelled") update("cancelled");
    }
  }

  update(booking.status);
  return item;
}

function sure(question) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "question" });
    const answer = (value) => () => dialog.close(value);
    dialog.append(
      h("p", { id: "question" }, question),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onclick: answer("") }, "Keep it"),
        h("button", { class: "primary", type: "button", onclick: answer("yes") }, "Yes, cancel it"),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
