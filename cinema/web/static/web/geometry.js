/** The geometry of a hall: rows, distances and directions. Coordinates have the unit of the hall's seating plan. */

/**
 * Groups seats into rows, `[[seat, seat, …], …]`, in the order of their numbers. Rows are told apart by `rowName`,
 * because two zones may both have a row C.
 */
export function rowsOf(seats) {
  const rows = [];
  let lastName;
  for (const seat of seats) {
    const name = rowName(seat);
    if (name !== lastName) rows.push([]);
    rows.at(-1).push(seat);
    lastName = name;
  }
  return rows;
}

/** The label of a seat without its number in the row, such as `Balcony C`. */
export function rowName(seat) {
  const number = String(seat.column);
  // Where rows have numbers, the label has a hyphen: `12-3`.
  return seat.label.endsWith(number) ? seat.label.slice(0, -number.length).replace(/[\s-]+$/, "") : seat.row;
}

/** The usual (median) distance of two neighboring seats in a row. */
export function pitch(rows) {
  const distances = rows
    .flatMap((row) => row.slice(1).map((seat, index) => Math.hypot(seat.x - row[index].x, seat.y - row[index].y)))
    .filter((distance) => distance > 0)
    .sort((a, b) => a - b);
  return distances[Math.floor((distances.length - 1) / 2)] ?? 1;
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The seat to which an arrow key moves the focus, or undefined at the edge of the hall. Left and right first follow
 * the row, because rows may be curved. Otherwise it is the nearest seat in that direction; a sideways distance counts
 * double.
 */
export function seatInDirection(key, from, seats) {
  const [directionX, directionY] = DIRECTIONS[key];
  if (directionX) {
    const row = seats.filter((seat) => rowName(seat) === rowName(from) && (seat.x - from.x) * directionX > 0);
    const next = row.sort((a, b) => (a.x - b.x) * directionX)[0];
    if (next) return next;
  }
  let nearest;
  let minDistance = Infinity;
  for (const seat of seats) {
    const dx = seat.x - from.x;
    const dy = seat.y - from.y;
    const forward = dx * directionX + dy * directionY;
    const sideways = Math.abs(dx * directionY) + Math.abs(dy * directionX);
    // Left and right must not jump to another row; up and down may reach a row that begins far to the side.
    if (forward <= 0 || (directionX && sideways > forward)) continue;
    const distance = forward + 2 * sideways;
    if (distance < minDistance) [nearest, minDistance] = [seat, distance];
  }
  return nearest;
}

/** The seat nearest to the middle of the hall, which gets the focus first. */
export function centerSeat(seats) {
  const mean = (axis) => seats.reduce((sum, seat) => sum + seat[axis], 0) / seats.length;
  const [x, y] = [mean("x"), mean("y")];
  const distance = (seat) => Math.hypot(seat.x - x, seat.y - y);
  return seats.reduce((best, seat) => (distance(seat) < distance(best) ? seat : best), seats[0]);
}
