/** The page of the visitor's bookings: a ticket for each upcoming order, the next one first, and past bookings. */

import { getAllPages, onSessionChange, session } from "./api.js";
import { cancelBookings } from "./cancel-booking.js";
import { callAt, now } from "./clock.js";
import { h } from "./dom.js";
import { formatDateTime } from "./format.js";
import { icon } from "./icons.js";
import { requireLogin } from "./login-dialog.js";
import { moveInDialog } from "./move-dialog.js";
import { saveCalendar } from "./ticket-files.js";
import { endOf, formatTotal, seatLabels, ticketArticle } from "./ticket.js";
import { text } from "./words.js";

/** Renders the page into `main`. Resolves to a function that cleans up. */
export async function bookingsPage(main) {
  const heading = h("h1", { tabindex: -1 }, text("bookings.title"));
  const print = h("button", { type: "button", class: "print", hidden: true, onclick: () => window.print() }, icon("print"), text("bookings.print"));
  const status = h("p", { role: "status", class: "note-box" });
  const content = h("div", {});
  const timers = [];
  let bookings = [];
  main.append(h("div", { class: "page-head" }, heading, print), status, content);

  /** Loads and shows the bookings, and the message of a change. If that fails, offers to try again. */
  async function load(message = "") {
    try {
      bookings = await getAllPages("/my-bookings/?page_size=200");
      status.replaceChildren(message);
      render();
    } catch (problem) {
      // If the session had expired, the request ended it, which renders the page again.
      if (!session()) return;
      status.replaceChildren(message || problem.message, " ", h("button", { type: "button", onclick: () => load() }, text("page.tryAgain")));
    }
  }

  async function open() {
    status.replaceChildren();
    bookings = [];
    render();
    if (session()) await load();
  }

  function render() {
    stopTimers();
    const hadFocus = content.contains(document.activeElement);
    const isUpcoming = ({ status, show }) => status !== "cancelled" && endOf(show) > now();
    const upcoming = bookings.filter(isUpcoming).sort((a, b) => Date.parse(a.show.date_time) - Date.parse(b.show.date_time));
    const past = bookings.filter((booking) => !isUpcoming(booking));
    const orders = group(upcoming, ({ id, order }) => order ?? id);
    print.hidden = !orders.length;
    const wasOpen = content.querySelector("details")?.open;
    content.replaceChildren(
      ...(session() ? [] : [h("p", {}, text("bookings.logInFirst")), h("button", { type: "button", class: "primary", onclick: () => requireLogin() }, text("page.logIn"))]),
      h("div", { class: "tickets" }, orders.map((order, i) => ticketArticle(order, { isNext: i === 0, onCalendar, onMove, onCancel }))),
      ...(session() && !orders.length ? [h("p", { class: "none" }, text("bookings.none"), " ", h("a", { href: "#/" }, text("bookings.toProgramme")))] : []),
      ...(past.length ? [pastBookings(past, wasOpen)] : []),
    );
    // Seats can't be moved or cancelled after the start, and the ticket is past after the end.
    const moments = new Set(upcoming.flatMap(({ show }) => [Date.parse(show.date_time), endOf(show)]));
    for (const moment of moments) if (moment > now()) timers.push(callAt(moment, render));
    if (hadFocus) heading.focus();
  }

  /** Runs a change of bookings, tells what came of it, and shows the bookings as they are then. */
  async function change(action) {
    try {
      const message = await action();
      if (message === null) return;
      await load(message);
      const details = content.querySelector("details");
      if (details) details.open = true;
    } catch (problem) {
      status.replaceChildren(problem.message);
    }
    // The button of the change may be gone.
    if (document.activeElement === document.body) heading.focus();
  }
  const onMove = (booking) => change(() => moveInDialog(booking));
  const onCancel = (ofOrder) => change(() => cancelBookings(ofOrder));
  const onCalendar = (booking) => saveCalendar(booking).catch((problem) => status.replaceChildren(problem.message));

  const stopTimers = () => timers.splice(0).forEach((stop) => stop());
  const unsubscribe = onSessionChange(open);
  if (!session()) requireLogin(text("bookings.logInFirst"));
  await open();
  return () => {
    unsubscribe();
    stopTimers();
  };
}

/** Groups bookings by a key, in the order of their first ones. */
function group(bookings, keyOf) {
  const groups = new Map();
  for (const booking of bookings) groups.set(keyOf(booking), [...(groups.get(keyOf(booking)) ?? []), booking]);
  return [...groups.values()].map((ofKey) => ofKey.sort((a, b) => a.seat_number - b.seat_number));
}

function pastBookings(past, isOpen) {
  const groups = group(past, (booking) => [booking.order ?? booking.id, state(booking)].join());
  return h(
    "details",
    { class: "past", open: isOpen },
    h("summary", {}, h("h2", {}, text("bookings.past"))),
    h("ul", {}, groups.map(pastItem)),
  );
}

const state = ({ status, cancelled_because }) =>
  status !== "cancelled" ? "" : text(cancelled_because === "show_cancelled" ? "bookings.calledOff" : "bookings.cancelled");

function pastItem(bookings) {
  const [{ id, show, order, status }] = bookings;
  const facts = [h("bdi", {}, show.screen_name), ", ", ...seatLabels(bookings), formatTotal(bookings) && ` · ${formatTotal(bookings)}`];
  return h(
    "li",
    { class: status === "cancelled" ? "booking cancelled" : "booking" },
    h("span", { class: "quiet" }, formatDateTime(show.date_time)),
    h("a", { class: "film-title", href: `#/shows/${show.id}` }, h("bdi", {}, show.movie.title)),
    h("span", { class: "quiet" }, facts),
    h("span", { class: "state" }, state(bookings[0])),
    h("span", { class: "quiet number" }, order ?? text("bookings.number", { id })),
  );
}
