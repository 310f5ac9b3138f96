/** Messages for problems of the API, which tell the visitor what to do next. */

import { joinWithAnd, pluralize } from "./format.js";

/** The message for a problem; `formatLabels(numbers)` returns the labels of seats, such as `C7 and C8`. */
export function problemMessage(problem, formatLabels) {
  const { code, body = {}, retryAfterSeconds } = problem;
  switch (code) {
    case "no_adjacent_seats":
      return adjacentSeatsMessage(body.largest);
    case "leaves_single_seat":
      return orphanSeatsMessage(body.seats ?? [], formatLabels);
    case "throttled":
      return `Too many attempts. Your choice is kept: try again in ${pluralize(retryAfterSeconds ?? 60, "second")}.`;
    default:
      return problem.status >= 500
        ? "Something went wrong on our side. Your choice is kept: try again in a moment."
        : problem.message;
  }
}

function adjacentSeatsMessage(largest) {
  if (!largest) return "No such seats are available. Try other options, or choose seats on the map.";
  if (largest === 1) return "No two such seats are available side by side. Choose seats on the map.";
  return `At most ${largest} such seats are available side by side. Ask for fewer, or choose seats on the map.`;
}

function orphanSeatsMessage(numbers, formatLabels) {
  const them = numbers.length === 1 ? "it" : "them";
  return `Your choice leaves ${formatLabels(numbers)} alone between taken seats. Add ${them}, or choose other seats.`;
}

/** The message for chosen seats that other people now have, or that are no longer sold. */
export function lostSeatsMessage(labels, code) {
  const [was, is] = labels.length === 1 ? ["was", "is"] : ["were", "are"];
  const reasons = {
    seat_taken: `${was} just taken by somebody else`,
    seat_held: `${is} held by somebody else`,
    seat_blocked: `${is} not for sale`,
  };
  return `${joinWithAnd(labels)} ${reasons[code] ?? `${is} no longer available`}.`;
}
