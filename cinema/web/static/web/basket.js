/** "Your seats": what is chosen, what can be done with it, and what became of that. Knows no API. */

import { h } from "./dom.js";
import { seats as seatsIn } from "./words.js";

export class Basket {
  #list = h("ul", { class: "choice", "aria-label": "Chosen seats" });
  #none = h("p", { class: "quiet none" }, "Choose seats in the hall, or let us find the best.");
  #message = h("div", { class: "message", role: "alert" });
  #clock = h("p", { class: "clock", role: "timer", hidden: true });
  #go;
  #back;
  #onLeaveOut;

  constructor({ onGo, onGiveBack, onLeaveOut }) {
    this.#onLeaveOut = onLeaveOut;
    this.#go = h("button", { class: "primary", type: "button", onclick: onGo });
    this.#back = h("button", { type: "button", onclick: onGiveBack }, "Give back");
    this.element = h(
      "section",
      { class: "basket", "aria-labelledby": "your-seats" },
      h("h2", { id: "your-seats" }, "Your seats"),
      this.#none,
      this.#message,
      this.#list,
      this.#clock,
      h("div", { class: "actions" }, this.#go, this.#back),
    );
    this.update({ chosen: [], held: 0, ready: false, busy: false });
  }

  /** `chosen` seats; how many are `held`; whether these are the same (`ready` to book); whether a call is under way. */
  update({ chosen, held, ready, busy }) {
    this.#none.hidden = chosen.length > 0;
    this.#list.replaceChildren(...chosen.map((seat) => this.#entry(seat)));
    this.#go.hidden = !chosen.length;
    this.#go.disabled = this.#back.disabled = busy;
    this.#go.textContent = `${ready ? "Book" : "Hold"} ${seatsIn(chosen.length)}${held && !ready ? " instead" : ""}`;
    this.#back.hidden = this.#clock.hidden = !held;
    this.element.classList.toggle("empty", !chosen.length && !held && !this.#message.firstChild);
  }

  tick(left) {
    this.#clock.textContent = `Yours for ${left} more`;
  }

  /** Says what happened, with elements that lead on from there. */
  say(text, actions = [], { good = false } = {}) {
    this.#message.className = `message ${good ? "good" : "bad"}`;
    const said = [h("p", {}, text), actions.length && h("div", { class: "actions" }, actions)].filter(Boolean);
    this.#message.replaceChildren(...(text ? said : []));
    if (text) this.element.classList.remove("empty");
  }

  focus() {
    this.#go.focus();
  }

  #entry(seat) {
    const more = [seat.category, seat.accessible && "accessible"].filter(Boolean).join(", ");
    const leaveOut = () => this.#onLeaveOut(seat.seat_number);
    return h(
      "li",
      {},
      h("strong", {}, seat.label),
      h("span", { class: "quiet" }, more),
      h("button", { type: "button", class: "link", "aria-label": `Leave out ${seat.label}`, onclick: leaveOut }, "✕"),
    );
  }
}
