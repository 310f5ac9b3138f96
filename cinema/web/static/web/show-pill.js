/** One show as a pill: time, screen, format, price, and how full it is. It is a link while seats can be bought. */

import { isolate } from "./bidi.js";
import { callAt, now } from "./clock.js";
import { h, svg } from "./dom.js";
import { cinemaDay, formatAmount, formatMonthDay, formatTime } from "./format.js";
import { nodes, text } from "./words.js";

const SEAT_COUNT = 10; // seats of the small picture

/**
 * Creates the list item of a show: `{element, close}`. It changes by itself when the sale opens and when the show starts.
 * `close` ends that.
 */
export function showPill(show) {
  const element = h("li", {});
  const update = () => {
    const hadFocus = element.contains(document.activeElement);
    element.replaceChildren(pill(show, saleState(show)));
    if (hadFocus) (element.querySelector("a") ?? document.querySelector("main h1")).focus();
  };
  update();
  const moments = [show.on_sale_from, show.date_time].filter(Boolean).map(Date.parse);
  const cancels = moments.filter((moment) => moment > now()).map((moment) => callAt(moment, update));
  return { element, close: () => cancels.forEach((cancel) => cancel()) };
}

/** `off`, `begun`, `soon`, `sold`, `few` or `open`. */
export function saleState(show) {
  const { available_seats: available, total_seats: total } = show;
  if (show.status === "cancelled") return "off";
  if (Date.parse(show.date_time) <= now()) return "begun";
  if (show.on_sale_from && Date.parse(show.on_sale_from) > now()) return "soon";
  if (!available) return "sold";
  return available <= Math.max(total / 20, Math.min(5, total / 4)) ? "few" : "open";
}

function stateWords(show, state) {
  const time = state === "soon" && openingTime(show.on_sale_from);
  return text(`pill.${state}`, { count: show.available_seats, time });
}

/** `10:00`, or with its day if the sale does not open today. */
function openingTime(moment) {
  const time = formatTime(moment);
  return cinemaDay(moment) === cinemaDay(now()) ? time : `${formatMonthDay(moment)}, ${time}`;
}

function pill(show, state) {
  const isLink = ["few", "open"].includes(state);
  const [time, words] = [formatTime(show.date_time), stateWords(show, state)];
  const price = ["few", "open", "soon"].includes(state) && show.price_from != null && formatAmount(show.price_from);
  const facts = [isolate(show.movie_title), isolate(show.screen_name), isolate(show.format ?? ""), price && text("pill.from", { price }), words];
  const attributes = isLink && { href: `#/shows/${show.id}`, "aria-label": [time, ...facts].filter(Boolean).join(", ") };
  return h(
    isLink ? "a" : "div",
    { class: `pill ${state}`, ...attributes },
    h("strong", { class: "time" }, time),
    price && h("span", { class: "from" }, nodes("pill.from", { price: h("b", {}, price) })),
    h("span", { class: "where" }, h("bdi", {}, show.screen_name), show.format && h("bdi", { class: "tag" }, show.format)),
    h("span", { class: "fullness" }, h("span", {}, words), isLink && seatPicture(1 - show.available_seats / show.total_seats)),
  );
}

/** A row of small seats that fills up as the hall does. Some are empty while seats are available, and some full once one is sold. */
function seatPicture(share) {
  const full = Math.min(SEAT_COUNT - 1, Math.max(share > 0 ? 1 : 0, Math.round(share * SEAT_COUNT)));
  const seats = [...Array(SEAT_COUNT).keys()].map((i) =>
    svg("rect", { class: i < full ? "on" : "", x: i * 9.2 + 0.8, y: 1.5, width: 6.8, height: 9, rx: 2 }),
  );
  return svg("svg", { class: "row-of-seats", viewBox: "0 0 92 12", "aria-hidden": "true" }, ...seats);
}
