/** The seats of a hall: which are chosen, which are the visitor's own, and which can be chosen. Draws nothing. */

export class HallSeats {
  /** Why no seat can be chosen; empty while seats can be chosen. */
  lockReason = "";
  /**
   * The rules of the page: at most `most` seats can be chosen, of each category at most as many as in `limits`, and only
   * those for which `selectable(seat)` is true.
   */
  rules;
  #seats = new Map(); // Seat number → seat.
  #chosen = new Set();
  #mine = new Set();

  /** All seats by number. */
  get all() {
    return [...this.#seats.values()];
  }

  get count() {
    return this.#seats.size;
  }

  /** The chosen seats by number. */
  get chosen() {
    return this.chosenNumbers.map((number) => this.#seats.get(number));
  }

  get chosenNumbers() {
    return [...this.#chosen].sort((a, b) => a - b);
  }

  /** The numbers of the seats that the visitor has held or booked. */
  get mine() {
    return [...this.#mine];
  }

  set mine(numbers) {
    this.#mine = new Set(numbers);
  }

  get(number) {
    return this.#seats.get(number);
  }

  has(number) {
    return this.#seats.has(number);
  }

  /** Finds a seat by its number or label; undefined if there is none. */
  find(numberOrLabel) {
    return this.#seats.get(numberOrLabel) ?? this.all.find((seat) => seat.label === numberOrLabel);
  }

  isChosen(number) {
    return this.#chosen.has(number);
  }

  /** `chosen`, `mine`, or the status of the seat. An available seat that nobody can choose here is shown as `blocked`. */
  state(number) {
    if (this.#chosen.has(number)) return "chosen";
    const { status } = this.#seats.get(number);
    if (status === "available" && (this.lockReason || !this.#isSelectable(number))) return "blocked";
    return this.#mine.has(number) && status !== "available" ? "mine" : status;
  }

  /** The seat, and the other half of its sofa: what one click chooses. */
  unit(number) {
    const { pair } = this.#seats.get(number) ?? {};
    return this.#seats.has(pair) ? [number, pair] : [number];
  }

  isChoosable(number) {
    const areAvailable = this.unit(number).every((half) => this.#isAvailable(half));
    return !this.lockReason && areAvailable && this.#isSelectable(number);
  }

  /** The limit, `{most, category}`, that one more click would exceed, `category` being null for all; else null. */
  exceededLimit(number) {
    const { most, limits } = this.rules;
    const seats = [...new Set([...this.#chosen, ...this.unit(number)])].map((each) => this.#seats.get(each));
    if (seats.length > most) return { most, category: null };
    const category = Object.keys(limits).find((name) => seats.filter((seat) => seat?.category === name).length > limits[name]);
    return category === undefined ? null : { most: limits[category], category };
  }

  /** Chooses exactly these seats and the other halves of their sofas, except those that can't be chosen. */
  choose(numbers) {
    this.#chosen = new Set();
    for (const number of numbers) {
      if (this.isChoosable(number) && !this.exceededLimit(number)) this.add(number);
    }
  }

  /** Chooses a seat and the other half of its sofa, too. */
  add(number) {
    this.unit(number).forEach((half) => this.#chosen.add(half));
  }

  remove(number) {
    this.unit(number).forEach((half) => this.#chosen.delete(half));
  }

  /**
   * Takes the seats of a new layout. It may have new seat numbers. Labels are printed on the seats, so they identify
   * what was chosen. Returns the labels of chosen seats that can't be chosen any more.
   */
  replace(seats) {
    const labels = this.chosen.map((seat) => seat.label);
    this.#seats = new Map(seats.map((seat) => [seat.seat_number, seat]));
    const numbers = labels.map((label) => this.find(label)?.seat_number);
    this.choose(numbers);
    return labels.filter((_, index) => !this.#chosen.has(numbers[index]));
  }

  /**
   * Takes new statuses, `[{seat_number, status}]`. Returns the numbers of the seats that have `changed`, the labels of
   * the chosen seats that are `lost` to other people, whether the choice has changed, and how many seats other people
   * have `taken` and `freed`.
   */
  applyStatuses(statuses) {
    const changes = { changed: [], lost: [], hasChoiceChanged: false, taken: 0, freed: 0 };
    for (const { seat_number: number, status } of statuses) {
      const seat = this.#seats.get(number);
      if (seat.status === status) continue;
      const isMine = this.#mine.has(number);
      if (!isMine) changes[status === "available" ? "freed" : "taken"] += 1;
      seat.status = status;
      for (const half of this.unit(number)) {
        if (this.#chosen.has(half) && !this.isChoosable(half)) {
          this.#chosen.delete(half);
          changes.hasChoiceChanged = true;
          if (!isMine) changes.lost.push(this.#seats.get(half).label);
        }
        changes.changed.push(half);
      }
    }
    return changes;
  }

  #isSelectable(number) {
    return this.unit(number).every((half) => this.rules.selectable(this.#seats.get(half)));
  }

  #isAvailable(number) {
    const status = this.#seats.get(number)?.status;
    return status === "available" || (status === "held" && this.#mine.has(number));
  }
}
