/** One ticket: the bookings of an order that are live, with their code. */

import { isolate } from "./bidi.js";
import { now } from "./clock.js";
import { h } from "./dom.js";
import { drawnPoster } from "./poster.js";
import { cinemaDay, foreignZone, formatAmount, formatDay, formatDuration, formatTime } from "./format.js";
import { icon } from "./icons.js";
import { cinemaName } from "./page-title.js";
import { orderCode } from "./ticket-files.js";
import { text } from "./words.js";

const DAY_MS = 24 * 3600 * 1000;
const MINUTE_MS = 60 * 1000;

export const endOf = ({ date_time, movie }) => Date.parse(date_time) + movie.duration_minutes * MINUTE_MS;

/** The sum of the prices of bookings, such as `€34.50`; empty if one has none. */
export function formatTotal(bookings) {
  const [{ currency }] = bookings;
  if (bookings.some((booking) => booking.amount == null || booking.currency !== currency)) return "";
  return formatAmount(bookings.reduce((sum, { amount }) => sum + amount, 0), currency);
}

/**
 * Creates the article of an order. `isNext` makes it large. `onCalendar(booking)`, `onMove(booking)` and
 * `onCancel(bookings)` are called by its buttons.
 */
export function ticketArticle(bookings, { isNext, onCalendar, onMove, onCancel }) {
  const [first] = bookings;
  const { show, order } = first;
  const title = h("h2", { class: "film-title", id: `ticket-${first.id}` }, h("a", { href: `#/shows/${show.id}` }, h("bdi", {}, show.movie.title)));
  const canChange = Date.parse(show.date_time) > now();
  const changeable = bookings.filter(({ admitted_at }) => canChange && !admitted_at);
  const count = bookings.length;
  const total = count > 1 && formatTotal(bookings);
  const info = h(
    "div",
    { class: "info" },
    h("p", { class: "when-chip", hidden: !nearDay(show) }, icon("clock"), nearDay(show)),
    title,
    h(
      "dl",
      {},
      fact(text("ticket.when"), formatTime(show.date_time), formatDay(show.date_time), endWords(show)),
      fact(text("ticket.where"), h("bdi", {}, show.screen_name)),
      fact(text("ticket.seats", { count }), seatLabels(bookings), total ? text("ticket.total", { sum: total }) : ""),
    ),
    h("ul", { class: "seats" }, bookings.map((booking) => seatItem(booking, { canChange, onMove, onCancel }))),
    h(
      "div",
      { class: "actions" },
      h("button", { type: "button", "aria-label": text("ticket.calendarOf", { title: isolate(show.movie.title) }), onclick: () => onCalendar(first) }, icon("calendar"), text("ticket.calendar")),
      changeable.length > 1 &&
        h("button", { type: "button", class: "plain danger", "aria-label": text("ticket.cancelOrderOf", { order }), onclick: () => onCancel(changeable) }, text("ticket.cancelOrder")),
    ),
    changeable.length > 0 && h("p", { class: "quiet small hint" }, text("ticket.canChange")),
  );
  const where = [h("bdi", {}, show.movie.title), h("br"), `${formatTime(show.date_time)}, `, h("bdi", {}, show.screen_name)];
  const stub = h(
    "div",
    { class: "stub" },
    h("p", { class: "cinema" }, h("bdi", {}, cinemaName)),
    h("p", { class: "what" }, where),
    orderCode(first),
    order && h("p", { class: "kicker" }, text("ticket.order")),
    h("p", { class: "order" }, order ?? text("bookings.number", { id: first.id })),
    h("p", { class: "quiet small hint" }, text("ticket.showAtDoor", { count })),
  );
  const poster = drawnPoster(show.movie.title, formatDuration(show.movie.duration_minutes));
  const className = isNext ? "ticket" : "ticket later";
  return h("article", { class: className, "aria-labelledby": title.id }, h("div", { class: "body" }, poster, info), stub);
}

const fact = (name, value, ...details) =>
  h("div", {}, h("dt", {}, name), h("dd", {}, value, details.filter(Boolean).map((detail) => h("small", {}, detail))));

/** The labels of seats with commas between them. */
export const seatLabels = (bookings) => bookings.flatMap(({ seat_label }, i) => [i ? ", " : "", h("bdi", {}, seat_label)]);

function endWords(show) {
  const zone = foreignZone(show.date_time);
  return text(zone ? "ticket.endsInZone" : "ticket.ends", { time: formatTime(endOf(show)), zone });
}

function nearDay({ date_time }) {
  const day = cinemaDay(date_time);
  return day === cinemaDay(now()) ? text("page.today") : day === cinemaDay(now() + DAY_MS) ? text("page.tomorrow") : "";
}

function seatItem(booking, { canChange, onMove, onCancel }) {
  const { seat_label, kind, amount, currency, admitted_at, show } = booking;
  const values = { seat: isolate(seat_label), title: isolate(show.movie.title) };
  const action = (name, className, onclick) =>
    h("button", { type: "button", class: className, "aria-label": text(`ticket.${name}Of`, values), onclick }, text(`ticket.${name}`));
  return h(
    "li",
    { class: "seat-line" },
    h("strong", {}, h("bdi", {}, seat_label)),
    h("span", { class: "quiet" }, kind && h("bdi", {}, kind), amount != null && ` ${formatAmount(amount, currency)}`, admitted_at && ` ${text("ticket.admittedAt", { time: formatTime(admitted_at) })}`),
    canChange && !admitted_at && action("move", "plain", () => onMove(booking)),
    canChange && !admitted_at && action("cancel", "plain danger", () => onCancel([booking])),
  );
}
