/** The geometry of a hall: rows, distances and directions. Coordinates have the unit of the hall's seating plan. */

/** The width of one seat and the gap to the next, in units of the drawing. */
export const UNIT = 40;

/**
 * Groups seats into rows, `[[seat, seat, …], …]`, in the order of their numbers. Two zones may both have a row C. The
 * label of a seat then begins with its zone, but only where both rows have that seat.
 */
export function rowsOf(seats) {
  const rows = [];
  let current = null; // The last row: its name, its name with its zone, and the names of its seats.
  for (const seat of seats) {
    const [name, ownName] = nameParts(seat);
    const isSameZone = current && (current.name.endsWith(name) || name.endsWith(current.name));
    if (!isSameZone || seat.row !== current.row || current.seatNames.has(ownName)) {
      current = { row: seat.row, name, seatNames: new Set() };
      rows.push([]);
    }
    if (name.length > current.name.length) current.name = name;
    current.seatNames.add(ownName);
    rows.at(-1).push(seat);
  }
  return rows;
}

/** The label of a seat without its number in the row, such as `Balcony C`. */
export function rowName(seat) {
  return nameParts(seat)[0];
}

/** The full name of a row: that of its seats whose label begins with the zone, if it has any. */
export function fullRowName(row) {
  return row.map(rowName).reduce((longest, name) => (name.length > longest.length ? name : longest));
}

/** The name of a seat in its row: mostly its number, but `B` for the seat 3B. */
export function seatName(seat) {
  return nameParts(seat)[1];
}

/** Splits the label of a seat into the name of its row, with its zone, and its own name. */
function nameParts({ label, row, column }) {
  const number = String(column);
  const hasNumber = label.endsWith(number);
  const end = label.length - (hasNumber ? number.length : 1);
  const start = row ? label.lastIndexOf(row, end - row.length) + row.length : 0;
  if (row && start >= row.length) {
    const rest = label.slice(start);
    // Where rows have numbers, the label has a hyphen: `12-3`. Without it, `12` is not seat 2 of row 1.
    if (!/\d$/.test(row) || !/^\d/.test(rest)) return [label.slice(0, start), rest.replace(/^[\s,-]+/, "")];
  }
  return hasNumber ? [label.slice(0, end).replace(/[\s-]+$/, ""), number] : [row, label];
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The seat to which an arrow key moves the focus, or undefined at the edge of the hall. Left and right first follow
 * the `row`, because rows may be curved. Otherwise it is the nearest seat in that direction; a sideways distance counts
 * double.
 */
export function seatInDirection(key, from, seats, row) {
  const [directionX, directionY] = DIRECTIONS[key];
  if (directionX) {
    const ahead = row.filter((seat) => (seat.x - from.x) * directionX > 0);
    const next = ahead.sort((a, b) => (a.x - b.x) * directionX)[0];
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
