/** The "Your seats" panel: chosen seats, buttons, countdown and messages. It makes no API calls. */

import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { formatAmount, joinWithAnd } from "./format.js";
import { seatTraits } from "./seat-words.js";
import { nodes, text, words } from "./words.js";

export class Basket {
  #title = h("h2", { id: "your-seats", tabindex: -1 }, text("basket.title"));
  #labels = h("bdi", { class: "quiet", "aria-hidden": "true" });
  #grip = h("button", {
    type: "button",
    class: "grip",
    "aria-expanded": "false",
    "aria-label": text("basket.all"),
    onclick: () => this.#toggle(),
  });
  #total = h("p", { class: "total", hidden: true });
  #shown = "";
  #list = h("ul", { class: "choice", "aria-label": text("basket.list") });
  #hint = h("p", { class: "quiet none" }, text("basket.hint"));
  #message = h("div", { class: "message", role: "alert", tabindex: -1 });
  #countdown = h("p", { class: "clock", role: "timer", hidden: true });
  #submitButton;
  #extendButton;
  #releaseButton;
  #isBusy = false;
  #onRemove;
  #onKind;

  /**
   * Callbacks: `onSubmit` holds or books the chosen seats, `onExtend` renews the hold, `onRelease` ends it,
   * `onRemove(seat)` removes a seat from the choice, a sofa whole. `onKind(number, kind)` changes the kind of its price.
   */
  constructor({ onSubmit, onExtend, onRelease, onRemove, onKind }) {
    this.#onRemove = onRemove;
    this.#onKind = onKind;
    const button = (name, action, className) => {
      // After "Hold", the same button says "Book". A double click or a key held down must not book by accident.
      const onclick = (event) => !this.#isBusy && event.detail < 2 && action();
      const onkeydown = (event) => event.repeat && event.preventDefault();
      return h("button", { type: "button", class: className, onclick, onkeydown }, name);
    };
    this.#submitButton = button("", onSubmit, "primary");
    this.#extendButton = button(text("basket.moreTime"), onExtend);
    this.#releaseButton = button(text("basket.release"), onRelease);
    this.element = h(
      "section",
      { class: "basket", "aria-labelledby": "your-seats" },
      this.#grip,
      h("header", {}, this.#title, this.#labels),
      this.#hint,
      this.#message,
      this.#list,
      h(
        "div",
        { class: "sum" },
        this.#total,
        h("div", { class: "held" }, this.#countdown, this.#extendButton),
        this.#submitButton,
        this.#releaseButton,
      ),
    );
    this.update({ chosen: [], heldCount: 0, isChoiceHeld: false, isBusy: false });
  }

  /**
   * Shows the `chosen` seats, each with its `kind` and `amounts` by kind if the show has prices. `heldCount` is the number of seats that the visitor holds, `isChoiceHeld` whether these
   * are exactly the chosen ones, `isBusy` whether a request is under way, `isLocked` whether none can be chosen any more.
   */
  update({ chosen, heldCount, isChoiceHeld, isBusy, currency = null, isLocked = false }) {
    this.#isBusy = isBusy;
    this.#total.hidden = !currency || !chosen.length;
    if (currency) {
      const amounts = chosen.map(({ amounts, kind }) => amounts[kind] ?? 0);
      const sum = amounts.reduce((total, amount) => total + amount, 0);
      this.#total.replaceChildren(...nodes("basket.total", { sum: h("b", {}, formatAmount(sum, currency)) }));
    }
    this.#labels.textContent = chosen.map(({ label }) => label).join(", ");
    this.#hint.hidden = isLocked || chosen.length > 0;
    this.#showChosen(chosen, currency);
    const action = isChoiceHeld ? "basket.book" : heldCount ? "basket.holdInstead" : "basket.hold";
    this.#submitButton.hidden = !chosen.length;
    this.#submitButton.textContent = text(action, { count: chosen.length });
    this.#extendButton.hidden = this.#releaseButton.hidden = this.#countdown.hidden = !heldCount;
    for (const button of [this.#submitButton, this.#extendButton, this.#releaseButton]) {
      button.setAttribute("aria-disabled", String(isBusy)); // `disabled` would take the focus away.
    }
    this.element.classList.toggle("empty", !chosen.length && !heldCount && !this.#message.firstChild);
  }

  /** Shows the time left of the hold, such as `9:05`. */
  setTimeLeft(time) {
    this.#countdown.replaceChildren(...nodes("basket.timeLeft", { time: h("b", {}, time) }));
  }

  get countdownText() {
    return this.#countdown.textContent;
  }

  /** Shows a message, followed by links or buttons for the next step. An empty `message` removes the message. */
  showMessage(message, actions = [], { isSuccess = false } = {}) {
    this.#message.className = `message ${isSuccess ? "good" : "bad"}`;
    const content = [h("p", {}, message), actions.length && h("div", { class: "actions" }, actions)].filter(Boolean);
    this.#message.replaceChildren(...(message ? content : []));
    if (message) this.element.classList.remove("empty");
  }

  clearMessage() {
    this.showMessage("");
  }

  /** Moves the focus to the "Hold" or "Book" button, or to the message if there is no button. */
  focus() {
    (this.#submitButton.hidden ? this.#message : this.#submitButton).focus();
  }

  /** On small screens, where the basket is a sheet at the bottom: shows or hides the list of seats. */
  #toggle() {
    this.#grip.setAttribute("aria-expanded", String(this.element.classList.toggle("open")));
  }

  /** Rebuilds the list if it changed. If the focus was in it, moves it to the entry now at that position. */
  #showChosen(chosen, currency) {
    const shown = JSON.stringify([chosen.map((seat) => ({ ...seat, status: "" })), currency]);
    if (shown === this.#shown) return; // An open list of kinds would close.
    this.#shown = shown;
    const { activeElement } = document;
    const focusedIndex = [...this.#list.children].findIndex((entry) => entry.contains(activeElement));
    const focused = activeElement?.matches("select") ? "select" : "button";
    this.#list.replaceChildren(...chosen.map((seat) => this.#entry(seat, currency)));
    if (focusedIndex < 0) return;
    const next = this.#list.children[Math.min(focusedIndex, chosen.length - 1)];
    (next?.querySelector(focused) ?? next?.querySelector("button") ?? this.#title).focus();
  }

  /** The price of a seat, with a choice of its kind if there are several. */
  #price(seat, currency) {
    const kinds = Object.keys(seat.amounts);
    if (!kinds.length) return h("span", { class: "quiet" }, text("basket.noPrice"));
    const price = (kind) => `${isolate(kind)} ${formatAmount(seat.amounts[kind], currency)}`;
    if (kinds.length === 1) return h("span", {}, price(kinds[0]));
    const options = kinds.map((kind) => h("option", { value: kind, selected: kind === seat.kind }, price(kind)));
    const onchange = (event) => this.#onKind(seat.seat_number, event.target.value);
    return h("select", { "aria-label": text("basket.priceOf", { seat: seat.label }), onchange }, options);
  }

  #entry(seat, currency) {
    const details = [isolate(seat.category), ...seatTraits(seat, words)].filter(Boolean).join(", ");
    const onclick = () => this.#onRemove(seat);
    return h(
      "li",
      {},
      h("strong", {}, h("bdi", {}, seat.label)),
      h("span", { class: "quiet" }, details),
      currency && this.#price(seat, currency),
      h("button", { type: "button", class: "link", "aria-label": text("basket.remove", { seats: joinWithAnd([seat.label, seat.otherHalf].filter(Boolean)) }), onclick }, "✕"),
    );
  }
}
