/** The "Your seats" panel: chosen seats, buttons, countdown and messages. It makes no API calls. */

import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { pluralize } from "./format.js";

export class Basket {
  #title = h("h2", { id: "your-seats", tabindex: -1 }, "Your seats");
  #list = h("ul", { class: "choice", "aria-label": "Chosen seats" });
  #hint = h("p", { class: "quiet none" }, "Choose seats on the map, or let us find the best ones.");
  #message = h("div", { class: "message", role: "alert", tabindex: -1 });
  #countdown = h("p", { class: "clock", role: "timer", hidden: true });
  #submitButton;
  #extendButton;
  #releaseButton;
  #isBusy = false;
  #onRemove;

  /**
   * Callbacks: `onSubmit` holds or books the chosen seats, `onExtend` renews the hold, `onRelease` ends it,
   * `onRemove(number)` removes one seat from the choice.
   */
  constructor({ onSubmit, onExtend, onRelease, onRemove }) {
    this.#onRemove = onRemove;
    const button = (text, action, className) => {
      // After "Hold", the same button says "Book". A double click or a key held down must not book by accident.
      const onclick = (event) => !this.#isBusy && event.detail < 2 && action();
      const onkeydown = (event) => event.repeat && event.preventDefault();
      return h("button", { type: "button", class: className, onclick, onkeydown }, text);
    };
    this.#submitButton = button("", onSubmit, "primary");
    this.#extendButton = button("More time", onExtend);
    this.#releaseButton = button("Release hold", onRelease);
    this.element = h(
      "section",
      { class: "basket", "aria-labelledby": "your-seats" },
      this.#title,
      this.#hint,
      this.#message,
      this.#list,
      this.#countdown,
      h("div", { class: "actions" }, this.#submitButton, this.#extendButton, this.#releaseButton),
    );
    this.update({ chosen: [], heldCount: 0, isChoiceHeld: false, isBusy: false });
  }

  /**
   * Shows the `chosen` seats. `heldCount` is the number of seats that the visitor holds, `isChoiceHeld` whether these
   * are exactly the chosen ones, `isBusy` whether a request is under way, `isLocked` whether none can be chosen any more.
   */
  update({ chosen, heldCount, isChoiceHeld, isBusy, isLocked = false }) {
    this.#isBusy = isBusy;
    this.#hint.hidden = isLocked || chosen.length > 0;
    this.#showChosen(chosen);
    const [verb, suffix] = isChoiceHeld ? ["Book", ""] : ["Hold", heldCount ? " instead" : ""];
    this.#submitButton.hidden = !chosen.length;
    this.#submitButton.textContent = `${verb} ${pluralize(chosen.length, "seat")}${suffix}`;
    this.#extendButton.hidden = this.#releaseButton.hidden = this.#countdown.hidden = !heldCount;
    for (const button of [this.#submitButton, this.#extendButton, this.#releaseButton]) {
      button.setAttribute("aria-disabled", String(isBusy)); // `disabled` would take the focus away.
    }
    this.element.classList.toggle("empty", !chosen.length && !heldCount && !this.#message.firstChild);
  }

  /** Shows the time left of the hold, such as `9:05`. */
  setTimeLeft(text) {
    this.#countdown.textContent = `Yours for ${text} more`;
  }

  get countdownText() {
    return this.#countdown.textContent;
  }

  /** Shows a message, followed by links or buttons for the next step. An empty `text` removes the message. */
  showMessage(text, actions = [], { isSuccess = false } = {}) {
    this.#message.className = `message ${isSuccess ? "good" : "bad"}`;
    const content = [h("p", {}, text), actions.length && h("div", { class: "actions" }, actions)].filter(Boolean);
    this.#message.replaceChildren(...(text ? content : []));
    if (text) this.element.classList.remove("empty");
  }

  clearMessage() {
    this.showMessage("");
  }

  /** Moves the focus to the "Hold" or "Book" button, or to the message if there is no button. */
  focus() {
    (this.#submitButton.hidden ? this.#message : this.#submitButton).focus();
  }

  /** Rebuilds the list. If the focus was in it, moves it to the entry now at that position. */
  #showChosen(chosen) {
    const focusedIndex = [...this.#list.children].findIndex((entry) => entry.contains(document.activeElement));
    this.#list.replaceChildren(...chosen.map((seat) => this.#entry(seat)));
    if (focusedIndex < 0) return;
    const next = this.#list.children[Math.min(focusedIndex, chosen.length - 1)]?.querySelector("button");
    (next ?? this.#title).focus();
  }

  #entry(seat) {
    const details = [isolate(seat.category), seat.accessible && "accessible"].filter(Boolean).join(", ");
    const onclick = () => this.#onRemove(seat.seat_number);
    return h(
      "li",
      {},
      h("strong", {}, h("bdi", {}, seat.label)),
      h("span", { class: "quiet" }, details),
      h("button", { type: "button", class: "link", "aria-label": `Remove ${seat.label}`, onclick }, "✕"),
    );
  }
}
