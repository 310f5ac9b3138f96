/** Forms that send their fields to the API, and show its errors next to the fields. */

import { h } from "./dom.js";
import { pluralize } from "./format.js";

let fieldCount = 0;

/** Creates a labeled input with a place for its error. */
export function field(label, attributes) {
  const id = `field-${++fieldCount}`;
  const error = h("p", { class: "error", id: `${id}-error`, role: "alert" });
  const input = h("input", { ...attributes, id, "aria-describedby": error.id });
  const setError = (message) => {
    error.textContent = message;
    input.setAttribute("aria-invalid", String(Boolean(message)));
  };
  return { element: h("div", { class: "field" }, h("label", { for: id }, label), input, error), input, setError };
}

/** Shows the errors of a problem next to their `fields`, or in the element `error` if no field has one. */
export function showProblem(problem, fields, error, message = problem.message) {
  const errors = Object.entries(problem.body?.errors ?? {});
  const known = errors.filter(([name]) => fields[name]);
  known.forEach(([name, messages]) => fields[name].setError(messages.join(" ")));
  if (known.length) fields[known[0][0]].input.focus();
  else error.textContent = errors.length ? errors.flatMap(([, messages]) => messages).join(" ") : message;
}

export function throttledMessage({ retryAfterSeconds }) {
  return `Too many attempts. Try again in ${pluralize(retryAfterSeconds ?? 60, "second")}.`;
}

/**
 * Creates a form. `fields` are the results of `field` by their names in the API. `send(values)` resolves to the message
 * of success.
 */
export function apiForm({ fields, submitText, send }) {
  const error = h("p", { class: "error", role: "alert" });
  const status = h("p", { role: "status" });
  const submitButton = h("button", { class: "primary" }, submitText);
  const inputs = Object.entries(fields).map(([name, { input }]) => [name, input]);

  async function submit(event) {
    event.preventDefault();
    if (submitButton.getAttribute("aria-disabled") === "true") return;
    Object.values(fields).forEach(({ setError }) => setError(""));
    error.textContent = status.textContent = "";
    submitButton.setAttribute("aria-disabled", "true"); // `disabled` would take the focus away.
    try {
      status.textContent = await send(Object.fromEntries(inputs.map(([name, input]) => [name, input.value])));
      inputs.filter(([, input]) => input.type === "password").forEach(([, input]) => (input.value = ""));
    } catch (problem) {
      showProblem(problem, fields, error, problem.code === "throttled" ? throttledMessage(problem) : problem.message);
    } finally {
      submitButton.removeAttribute("aria-disabled");
    }
  }

  const elements = Object.values(fields).map(({ element }) => element);
  return h("form", { class: "account-form", onsubmit: submit }, elements, error, status, h("div", {}, submitButton));
}

/** The fields of the current and of a new password. */
export const currentPasswordField = (label) =>
  field(label, { type: "password", autocomplete: "current-password", required: true });
export const newPasswordField = () =>
  field("New password", { type: "password", autocomplete: "new-password", required: true, minlength: 8 });
