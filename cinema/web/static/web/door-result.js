/** What came of a scanned ticket, in one sign, one word and one color. */

import { get } from "./api.js";
import { now } from "./clock.js";
import { h, svg } from "./dom.js";
import { formatDateTime, formatTime, joinWithAnd } from "./format.js";
import { isolate } from "./bidi.js";
import { text } from "./words.js";

const SIGNS = {
  in: "M14 52L40 78L88 24",
  again: "M84 36A38 38 0 1 0 88 54M86 14V38H62M50 30V52L64 62",
  wrong: "M12 34H78L58 14M88 66H22L42 86",
  void: "M20 20L80 80M80 20L20 80",
  trouble: "M50 12V60M50 82V84",
};
const MINUTE_MS = 60 * 1000;

/** The result of bookings that were admitted. A result is `{state, title, seats, why}`. */
export function resultOf(admitted) {
  const kinds = new Map();
  for (const { kind } of admitted) if (kind) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const tickets = [...kinds].map(([kind, count]) => `${count} ${isolate(kind)}`).join(", ");
  const [{ order }] = admitted;
  return {
    state: "in",
    title: text("door.in", { count: admitted.length }),
    seats: joinWithAnd(admitted.map(({ seat_label }) => isolate(seat_label))),
    why: [tickets, order && text("door.order", { order })].filter(Boolean).join(" · "),
  };
}

/** The result of a ticket that admits nobody. */
export async function errorResult(problem) {
  switch (problem.code) {
    case "already_admitted": {
      const minutes = Math.round((now() - Date.parse(problem.body.admitted_at)) / MINUTE_MS);
      const title = text("door.again", { time: formatTime(problem.body.admitted_at) });
      return { state: "again", title, seats: "", why: scannedAgo(minutes) };
    }
    case "wrong_show":
      return otherShow(problem.body.show);
    case "already_cancelled":
      return { state: "void", title: text("door.cancelled"), seats: "", why: text("door.cancelledWhy") };
    case "invalid_ticket":
    case "invalid":
      return { state: "void", title: text("door.noTicket"), seats: "", why: text("door.noTicketWhy") };
    default:
      return { state: "trouble", title: text("door.notChecked"), seats: "", why: problem.message };
  }
}

function scannedAgo(minutes) {
  if (minutes < 1) return text("door.againNow");
  return minutes < 60 ? text("door.againMinutes", { count: minutes }) : text("door.againHours", { count: Math.floor(minutes / 60) });
}

async function otherShow(id) {
  const result = { state: "wrong", title: text("door.other"), seats: "", why: text("door.otherWhy") };
  try {
    const { movie_title, screen_name, date_time } = await get(`/shows/${id}/`);
    result.seats = isolate(movie_title);
    result.why = text("door.otherShow", { screen: isolate(screen_name), time: formatDateTime(date_time) });
  } catch {
    // The result is right without the name of the show.
  }
  return result;
}

/** The element of a result, with the button `next`. It is an alert, so screen readers read it at once. */
export function resultView({ state, title, seats, why }, next) {
  return h(
    "div",
    { class: "result", role: "alert" },
    svg("svg", { class: "sign", viewBox: "0 0 100 100", "aria-hidden": "true" }, svg("path", { d: SIGNS[state] })),
    h("h2", {}, title),
    seats && h("p", { class: "seats" }, seats),
    h("p", { class: "why" }, why),
    h("div", { class: "end" }, next),
  );
}
