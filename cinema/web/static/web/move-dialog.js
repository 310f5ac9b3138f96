/** Moves a booking to another seat of its show. The visitor types the label of the seat. */

import { get, isUnanswered, post } from "./api.js";
import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { field } from "./form.js";
import { nodes, text } from "./words.js";

let dialogCount = 0;

/**
 * Opens the dialog. Resolves to the message about the move; null if the visitor keeps the seat, and an empty one if it is
 * unknown whether the seat was moved.
 */
export async function moveInDialog({ id, seat_label, show }) {
  const { seats } = await get(`/shows/${show.id}/seats/`);
  const available = seats.filter(({ status }) => status === "available");
  const list = h("datalist", { id: `seats-${++dialogCount}` }, available.map(({ label }) => h("option", { value: label })));
  const newSeat = field(text("move.newSeat"), { list: list.id, required: true, autocomplete: "off", autofocus: true, dir: "auto" });
  return new Promise((resolve) => {
    let message = null;
    const dialog = h("dialog", { "aria-labelledby": "move-title" });

    async function submit(event) {
      event.preventDefault();
      const typed = newSeat.input.value.trim().toUpperCase();
      const seat = seats.find(({ label }) => label.toUpperCase() === typed);
      newSeat.setError(seat ? "" : text("move.noSuchSeat"));
      if (!seat) return;
      try {
        await post(`/bookings/${id}/move/`, { seat_number: seat.seat_number });
        message = text("move.done", { from: isolate(seat_label), to: isolate(seat.label), title: isolate(show.movie.title) });
        dialog.close();
      } catch (problem) {
        newSeat.setError(problem.message);
        if (isUnanswered(problem)) message = "";
      }
    }

    dialog.append(
      h("h2", { id: "move-title" }, nodes("move.title", { seat: h("bdi", {}, seat_label) })),
      h("p", { class: "quiet" }, text("move.available", { count: available.length })),
      h(
        "form",
        { onsubmit: submit },
        newSeat.element,
        list,
        h(
          "div",
          { class: "actions" },
          h("button", { class: "primary" }, text("move.move")),
          h("button", { type: "button", onclick: () => dialog.close() }, text("move.keep")),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(message);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
