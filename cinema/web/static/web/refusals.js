/** What the API refuses, in words that say what to do. */

import { and } from "./words.js";

/** `label(numbers)` says what is printed on seats. */
export function explain(problem, label) {
  const { code, body = {}, retryAfter } = problem;
  switch (code) {
    case "no_adjacent_seats":
      return `There are not so many free seats side by side. The most there are is ${body.largest}.`;
    case "leaves_single_seat":
      return `This would leave ${label(body.seats ?? [])} alone between taken seats. Take that one too, or others.`;
    case "throttled":
      return `Too many attempts. Your choice is kept: try again in ${retryAfter ?? 60} seconds.`;
    default:
      return problem.status >= 500
        ? "Something is wrong on our side. Your choice is kept: try again in a moment."
        : problem.message;
  }
}

export function lostWords(labels, code) {
  const isOne = labels.length === 1;
  const how = {
    seat_taken: isOne ? "has just gone to somebody else" : "have just gone to somebody else",
    seat_held: isOne ? "is being held by somebody else" : "are being held by somebody else",
    seat_blocked: isOne ? "is not for sale" : "are not for sale",
  };
  return `${and(labels)} ${how[code] ?? how.seat_taken}.`;
}
