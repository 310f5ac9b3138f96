/** Login and signup, in a dialog over the page, so that the visitor's choice of seats is kept. */

import { logIn, session, signUp } from "./api.js";
import { h } from "./dom.js";
import { field, showProblem, throttledMessage } from "./form.js";
import { text } from "./words.js";

// Whether the server can send a link to choose a new password.
const canResetPassword = document.body.dataset.passwordReset === "true";

/**
 * Opens the login dialog unless the visitor is logged in. Resolves to whether they are when it closes. `reason` tells
 * them why they are asked. Pages of staff set `canSignUp` to false.
 */
export function requireLogin(reason = "", { canSignUp = true } = {}) {
  if (session()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const focusedBefore = document.activeElement;
    const dialog = h("dialog", { class: "account", "aria-labelledby": "account-title" });
    dialog.append(...form(dialog, { reason, canSignUp }));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(Boolean(session()));
      // The button that opened the dialog may have been replaced. Without this, the focus would be lost.
      if (!focusedBefore?.isConnected) document.querySelector("#account button")?.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** The content of the dialog: the signup form if `isNew`, else the login form. */
function form(dialog, { isNew = false, reason = "", name = "", canSignUp = true }) {
  const username = field(text("login.username"), {
    name: "username",
    dir: "auto",
    value: name,
    autocomplete: "username",
    required: true,
    autofocus: true,
  });
  const password = field(text("login.password"), {
    name: "password",
    type: "password",
    autocomplete: isNew ? "new-password" : "current-password",
    required: true,
  });
  const email = field(text("login.email"), { name: "email", type: "email", autocomplete: "email" });
  const error = h("p", { class: "error", role: "alert" });
  const submitButton = h("button", { class: "primary" }, text(isNew ? "login.signUp" : "page.logIn"));
  const closeButton = h("button", { type: "button", onclick: () => dialog.close() }, text("login.notNow"));
  const otherForm = text(isNew ? "login.toLogin" : "login.toSignup");

  function switchForm(options) {
    dialog.replaceChildren(...form(dialog, { reason, name: username.input.value, ...options }));
    dialog.querySelector("input").focus();
  }

  async function submit(event) {
    event.preventDefault();
    if (submitButton.getAttribute("aria-disabled") === "true") return;
    const fields = { username, password, ...(isNew && { email }) };
    const account = Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value]));
    let isSignedUp = false;
    Object.values(fields).forEach(({ setError }) => setError(""));
    error.textContent = "";
    submitButton.setAttribute("aria-disabled", "true"); // `disabled` would take the focus away.
    try {
      if (isNew) await signUp(account);
      isSignedUp = isNew;
      await logIn(account.username, account.password);
      dialog.close();
    } catch (problem) {
      const reason = `${text("login.signedUpOnly")} ${loginMessage(problem)}`;
      if (isSignedUp) switchForm({ isNew: false, reason });
      else showProblem(problem, fields, error, loginMessage(problem));
    } finally {
      submitButton.removeAttribute("aria-disabled");
    }
  }

  return [
    h("h2", { id: "account-title" }, text(isNew ? "login.signUp" : "page.logIn")),
    h("p", { hidden: !reason }, reason),
    h(
      "form",
      { onsubmit: submit },
      username.element,
      password.element,
      isNew && h("p", { class: "quiet" }, text("login.passwordRule")),
      isNew && email.element,
      error,
      h("div", { class: "actions" }, submitButton, closeButton),
    ),
    canSignUp && h("button", { type: "button", class: "link", onclick: () => switchForm({ isNew: !isNew }) }, otherForm),
    canResetPassword &&
      !isNew &&
      h("p", {}, h("a", { href: "#/password", onclick: () => dialog.close() }, text("login.forgotten"))),
  ].filter(Boolean);
}

function loginMessage(problem) {
  if (problem.code === "no_active_account") return text("login.wrong");
  return problem.code === "throttled" ? throttledMessage(problem) : problem.message;
}
