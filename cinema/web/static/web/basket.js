/** "Your seats": what is chosen, what can be done with it, and what became of that. Knows no API. */

import { h } from "./dom.js";
import { seats as seatsIn } from "./words.js";

export class Basket {
  #title = h("h2", { id: "your-seats", tabindex: -1 }, "Your seats");
  #list = h("ul", { class: "choice", "aria-label": "Chosen seats" });
  #none = h("p", { class: "quiet none" }, "Choose seats in the hall, or let us find the best.");
  #message = h("div", { class: "message", role: "alert", tabindex: -1 });
  #clock = h("p", { class: "clock", role: "timer", hidden: true });
  #go;
  #more;
  #back;
  #busy = false;
  #onLeaveOut;

  /** `onGo` holds or books, `onMore` asks for more time, `onGiveBack` for the hold's end, `onLeaveOut(number)`. */
  constructor({ onGo, onMore, onGiveBack, onLeaveOut }) {
    this.#onLeaveOut = onLeaveOut;
    const button = (text, action, name) => {
      // The second half of a double click, or a key held down, would mean what the button says by then.
      const once = (event) => !this.#busy && event.detail < 2 && action();
      const hold = (event) => event.repeat && event.preventDefault();
      return h("button", { type: "button", class: name, onclick: once, onkeydown: hold }, text);
    };
    this.#go = button("", onGo, "primary");
    this.#more = button("More time", onMore);
    this.#back = button("Give back", onGiveBack);
    this.element = h(
      "section",
      { class: "basket", "aria-labelledby": "your-seats" },
      this.#title,
      this.#none,
      this.#message,
      this.#list,
      this.#clock,
      h("div", { class: "actions" }, this.#go, this.#more, this.#back),
    );
    this.update({ chosen: [], held: 0, ready: false, busy: false });
  }

  /** `chosen` seats; how many are `held`; whether these are the same (`ready` to book); whether a call is under way. */
  update({ chosen, held, ready, busy }) {
    this.#busy = busy;
    this.#none.hidden = chosen.length > 0;
    this.#show(chosen);
    this.#go.hidden = !chosen.length;
    this.#go.textContent = `${ready ? "Book" : "Hold"} ${seatsIn(chosen.length)}${held && !ready ? " instead" : ""}`;
    this.#more.hidden = this.#back.hidden = this.#clock.hidden = !held;
    // Not `disabled`, which would take the focus away.
    for (const button of [this.#go, this.#more, this.#back]) button.setAttribute("aria-disabled", String(busy));
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

  /** To the button that leads on; where there is none, to what was said. */
  focus() {
    (this.#go.hidden ? this.#message : this.#go).focus();
  }

  #show(chosen) {
    const place = [...this.#list.children].findIndex((entry) => entry.contains(document.activeElement));
    this.#list.replaceChildren(...chosen.map((seat) => this.#entry(seat)));
    if (place < 0) return;
    const next = this.#list.children[Math.min(place, chosen.length - 1)]?.querySelector("button");
    (next ?? this.#title).focus();
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
