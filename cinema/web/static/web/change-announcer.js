/** Lets screen readers read how many seats other people have taken and freed. */

// Changes within this time are announced together. In a busy hall, a screen reader would never be silent otherwise.
const ANNOUNCE_DELAY_MS = 2500;

export class ChangeAnnouncer {
  #text;
  #announce;
  #taken = 0;
  #freed = 0;
  #available = 0;
  #timer = 0;

  /** `text(key, values)` returns words, and `announce(message)` lets screen readers read them. */
  constructor(text, announce) {
    this.#text = text;
    this.#announce = announce;
  }

  /** Counts seats that were taken and freed; `available` seats are left. */
  add(taken, freed, available) {
    this.#taken += taken;
    this.#freed += freed;
    this.#available = available;
    if (!this.#timer) this.#timer = setTimeout(() => this.#tell(), ANNOUNCE_DELAY_MS);
  }

  close() {
    clearTimeout(this.#timer);
  }

  #tell() {
    const changes = [
      this.#taken && this.#text("map.lost", { count: this.#taken }),
      this.#freed && this.#text("map.freed", { count: this.#freed }),
    ].filter(Boolean);
    this.#taken = this.#freed = this.#timer = 0;
    if (changes.length) this.#announce(`${changes.join(", ")}. ${this.#text("map.total", { count: this.#available })}.`);
  }
}
