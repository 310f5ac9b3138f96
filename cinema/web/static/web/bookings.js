/** The visitor's bookings, and cancelling them. */

import { askWho } from "./account.js";
import { now, page, post } from "./api.js";
import { h } from "./dom.js";
import { when } from "./words.js";

export async function bookingsPage(main) {
  const status = h("p", { role: "status" });
  const list = h("ul", { class: "bookings" });
  const more = h("button", { type: "button", hidden: true, onclick: () => add(next) }, "More bookings");
  let next = null;

  async function add(path) {
    const { results, count, ...rest } = await page(path);
    list.append(...results.map((booking) => entry(booking, status)));
    next = rest.next;
    more.hidden = !next;
    if (!count) status.replaceChildren("You have no bookings yet. ", h("a", { href: "#/" }, "See what is on"));
  }

  main.append(h("h1", { tabindex: -1 }, "My bookings"), status, list, more);
  if (await askWho("To see your bookings, log in.")) await add("/my-bookings/");
  else status.append("Log in to see your bookings.");
}

function entry(booking, status) {
  const { show, seat_label } = booking;
  const state = h("span", { class: "state" });
  const cancel = h("button", { type: "button", onclick: () => confirmCancel() }, "Cancel");
  cancel.setAttribute("aria-label", `Cancel ${seat_label}, ${show.movie.title}`);
  const item = h(
    "li",
    { class: "card booking" },
    h("strong", { class: "seat-label" }, seat_label),
    h(
      "span",
      {},
      h("a", { href: `#/shows/${show.id}` }, show.movie.title),
      h("span", { class: "quiet" }, `${when(show.date_time)} · ${show.screen_name}`),
    ),
    state,
    cancel,
  );

  function update(kind) {
    item.classList.toggle("cancelled", kind === "cancelled");
    const begun = Date.parse(show.date_time) <= now();
    state.textContent = kind === "cancelled" ? "cancelled" : begun ? "begun" : "booked";
    cancel.hidden = kind === "cancelled" || begun;
  }

  async function confirmCancel() {
    if (!(await sure(`Cancel seat ${seat_label} for ${show.movie.title}?`))) return;
    cancel.disabled = true;
    try {
      update((await post(`/bookings/${booking.id}/cancel/`)).status);
      status.textContent = `Cancelled: ${seat_label}, ${show.movie.title}. The seat is free again.`;
    } catch (problem) {
      if (problem.code === "already_cancelled") update("cancelled");
      status.textContent = problem.message;
    }
    cancel.disabled = false;
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
        h("button", { class: "primary", type: "button", onclick: answer("yes") }, "Yes, cancel it"),
        h("button", { type: "button", onclick: answer("") }, "Keep it"),
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
