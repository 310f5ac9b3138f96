/**
 * The geometry of a hall: no drawing, no status. Places are as the seat map gives them, in whatever unit its
 * plan has; `pitch` is the distance from a seat to its neighbour in that unit.
 */

/** Seats in their rows, as they were numbered: `[[seat, seat, …], …]`. Zones may share the letters of rows. */
export function rowsOf(seats) {
  const rows = [];
  let last;
  for (const seat of seats) {
    const name = rowName(seat);
    if (name !== last) rows.push([]);
    rows.at(-1).push(seat);
    last = name;
  }
  return rows;
}

/** What is printed on a seat, without the number in its row: `Balcony C`. */
export function rowName(seat) {
  const number = String(seat.column);
  // A row that is called by a number has a dash before the seat's: `12-3`.
  return seat.label.endsWith(number) ? seat.label.slice(0, -number.length).replace(/[\s-]+$/, "") : seat.row;
}

/** The usual distance between neighbours of a row. */
export function pitch(rows) {
  const steps = rows
    .flatMap((row) => row.slice(1).map((seat, index) => Math.hypot(seat.x - row[index].x, seat.y - row[index].y)))
    .filter((step) => step > 0)
    .sort((a, b) => a - b);
  return steps[Math.floor((steps.length - 1) / 2)] ?? 1;
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The seat that an arrow key leads to, or undefined at the edge. Along a row it is the next of that row, so that
 * curved rows are followed; else the nearest in that direction, where what lies aside counts as further away than
 * what lies ahead.
 */
export function towards(key, from, seats) {
  const [wayX, wayY] = WAYS[key];
  if (wayX) {
    const row = seats.filter((seat) => rowName(seat) === rowName(from) && (seat.x - from.x) * wayX > 0);
    const next = row.sort((a, b) => (a.x - b.x) * wayX)[0];
    if (next) return next;
  }
  let best;
  let least = Infinity;
  for (const seat of seats) {
    const dx = seat.x - from.x;
    const dy = seat.y - from.y;
    const ahead = dx * wayX + dy * wayY;
    const aside = Math.abs(dx * wayY) + Math.abs(dy * wayX);
    // Along a row, the next row is no neighbour; from row to row, a seat far aside still is one.
    if (ahead <= 0 || (wayX && aside > ahead)) continue;
    const far = ahead + 2 * aside;
    if (far < least) [best, least] = [seat, far];
  }
  return best;
}

/** The seat nearest to the middle of the hall: where one begins to look. */
export function middle(seats) {
  const mean = (axis) => seats.reduce((sum, seat) => sum + seat[axis], 0) / seats.length;
  const [x, y] = [mean("x"), mean("y")];
  const far = (seat) => Math.hypot(seat.x - x, seat.y - y);
  return seats.reduce((best, seat) => (far(seat) < far(best) ? seat : best), seats[0]);
}
