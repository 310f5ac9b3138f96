/** Messages for problems of the API, which tell the visitor what to do next. */

import { joinWithAnd } from "./format.js";
import { text } from "./words.js";

/** The message for a problem; `formatLabels(numbers)` returns the labels of seats, such as `C7 and C8`. */
export function problemMessage(problem, formatLabels) {
  const { code, body = {}, retryAfterSeconds } = problem;
  switch (code) {
    case "no_adjacent_seats":
      return adjacentSeatsMessage(body.largest);
    case "leaves_single_seat":
      return orphanSeatsMessage(body.seats ?? [], formatLabels);
    case "no_such_price":
      return text("show.pricesChanged");
    case "throttled":
      return text("page.tooManyAttemptsChoice", { count: retryAfterSeconds ?? 60 });
    default:
      return problem.status >= 500 ? text("page.ownSideError") : problem.message;
  }
}

function adjacentSeatsMessage(largest) {
  if (!largest) return text("show.noBestSeats");
  if (largest === 1) return text("show.noTwoSeats");
  return text("show.fewerSeats", { count: largest });
}

function orphanSeatsMessage(numbers, formatLabels) {
  return text("show.orphanSeats", { count: numbers.length, seats: formatLabels(numbers) });
}

/** The message for chosen seats that other people now have, or that are no longer sold. */
export function lostSeatsMessage(labels, code) {
  const keys = { seat_taken: "show.lostToSale", seat_held: "show.lostToHold", seat_blocked: "show.lostToBlock" };
  return text(keys[code] ?? "show.lost", { count: labels.length, seats: joinWithAnd(labels) });
}
