/** Logging in and signing up, in a dialog over the page, so that nothing on it is lost. */

import { NoAnswer, logIn, session, signUp } from "./api.js";
import { h } from "./dom.js";

/** Resolves to true once somebody is logged in, to false when they would rather not. */
export function askWho(why = "") {
  if (session()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const before = document.activeElement;
    const dialog = h("dialog", { class: "account", "aria-labelledby": "account-title" });
    dialog.append(...form(dialog, { why }));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(Boolean(session()));
      // What opened the dialog may be gone from the page; then its place has another.
      if (!before?.isConnected) document.querySelector("#account button")?.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function form(dialog, { isNew = false, why = "", name = "" }) {
  const username = field("Name", { name: "username", value: name, autocomplete: "username", required: true, autofocus: true });
  const password = field("Password", {
    name: "password",
    type: "password",
    autocomplete: isNew ? "new-password" : "current-password",
    required: true,
  });
  const email = field("Email, if you like", { name: "email", type: "email", autocomplete: "email" });
  const error = h("p", { class: "error", role: "alert" });
  const go = h("button", { class: "primary" }, isNew ? "Sign up" : "Log in");
  const other = isNew ? "I have an account: log in" : "I am new here: sign up";

  function turn(to) {
    dialog.replaceChildren(...form(dialog, { why, name: username.input.value, ...to }));
    dialog.querySelector("input").focus();
  }

  async function submit(event) {
    event.preventDefault();
    if (go.getAttribute("aria-disabled") === "true") return;
    const fields = { username, password, ...(isNew && { email }) };
    const account = Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value]));
    let isSignedUp = false;
    Object.values(fields).forEach(({ say }) => say(""));
    error.textContent = "";
    go.setAttribute("aria-disabled", "true"); // Not `disabled`, which would take the focus away.
    try {
      if (isNew) await signUp(account);
      isSignedUp = isNew;
      await logIn(account.username, account.password);
      dialog.close();
    } catch (problem) {
      if (isSignedUp) turn({ isNew: false, why: `You are signed up, but not logged in yet. ${inWords(problem)}` });
      else explain(problem, fields);
    } finally {
      go.removeAttribute("aria-disabled");
    }
  }

  function explain(problem, fields) {
    const wrong = Object.entries(problem.body?.errors ?? {}).filter(([name]) => fields[name]);
    wrong.forEach(([name, messages]) => fields[name].say(messages.join(" ")));
    if (wrong.length) fields[wrong[0][0]].input.focus();
    else error.textContent = inWords(problem);
  }

  return [
    h("h2", { id: "account-title" }, isNew ? "Sign up" : "Log in"),
    h("p", { hidden: !why }, why),
    h(
      "form",
      { onsubmit: submit },
      username.element,
      password.element,
      isNew && h("p", { class: "quiet" }, "At least 8 characters, not only digits, and none of the usual passwords."),
      isNew && email.element,
      error,
      h("div", { class: "actions" }, go, h("button", { type: "button", onclick: () => dialog.close() }, "Not now")),
    ),
    h("button", { type: "button", class: "link", onclick: () => turn({ isNew: !isNew }) }, other),
  ];
}

function inWords(problem) {
  if (problem instanceof NoAnswer) return problem.message;
  if (problem.code === "no_active_account") return "This name and password don't go together. Try again, or sign up.";
  if (problem.code === "throttled") return `Too many attempts. Try again in ${problem.retryAfter ?? 60} seconds.`;
  return problem.message;
}

function field(text, attributes) {
  const [id, hintId] = [`account-${attributes.name}`, `account-${attributes.name}-error`];
  const hint = h("p", { class: "error", id: hintId, role: "alert" });
  const input = h("input", { ...attributes, id, "aria-describedby": hintId });
  const say = (words) => {
    hint.textContent = words;
    input.setAttribute("aria-invalid", String(Boolean(words)));
  };
  return { element: h("div", { class: "field" }, h("label", { for: id }, text), input, hint), input, say };
}
