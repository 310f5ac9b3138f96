/** Forms that send their fields to the API, and show its errors next to the fields. */

import { h } from "./dom.js";
import { text, words } from "./words.js";

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
  const errors = Object.entries(problem.body?.errors ?? {}).map(([name, messages]) => [name, fieldMessage(name, messages)]);
  const known = errors.filter(([name]) => fields[name]);
  known.forEach(([name, message]) => fields[name].setError(message));
  if (known.length) fields[known[0][0]].input.focus();
  else error.textContent = errors.length ? errors.map(([, detail]) => detail).join(" ") : message;
}

/** The message for a field in the page's language. Only English has the messages of the API, which say more. */
const fieldMessage = (name, messages) => words.find(`fields.${name}`) ?? words.find("problems.invalid") ?? messages.join(" ");

export function throttledMessage({ retryAfterSeconds }) {
  return text("page.tooManyAttempts", { count: retryAfterSeconds ?? 60 });
}

/**
 * Creates a form. `fields` are the results of `field` by their names in the API. `send(values)` resolves to the message
 * of success.
 */
export function apiForm({ fields, submitText, submitClass = "primary", send }) {
  const error = h("p", { class: "error", role: "alert" });
  const status = h("p", { role: "status" });
  const submitButton = h("button", { class: submitClass }, submitText);
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
  field(text("account.newPassword"), { type: "password", autocomplete: "new-password", required: true, minlength: 8 });
