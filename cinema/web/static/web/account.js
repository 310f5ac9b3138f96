/** Logging in and signing up, in a dialog over the page, so that nothing on it is lost. */

import { NoAnswer, logIn, session, signUp } from "./api.js";
import { h } from "./dom.js";

/** Resolves to true once somebody is logged in, to false when they would rather not. */
export function askWho(why = "") {
  if (session()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "account", "aria-labelledby": "account-title" });
    dialog.append(...form(false, why, dialog));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(Boolean(session()));
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function form(isNew, why, dialog) {
  const title = h("h2", { id: "account-title" }, isNew ? "Sign up" : "Log in");
  const username = field("Name", { name: "username", autocomplete: "username", required: true, autofocus: true });
  const password = field("Password", {
    name: "password",
    type: "password",
    autocomplete: isNew ? "new-password" : "current-password",
    required: true,
  });
  const email = field("Email, if you like", { name: "email", type: "email", autocomplete: "email" });
  const error = h("p", { class: "error", role: "alert" });
  const go = h("button", { class: "primary" }, isNew ? "Sign up" : "Log in");
  const other = h(
    "button",
    { type: "button", class: "link", onclick: () => turn() },
    isNew ? "I have an account: log in" : "I am new here: sign up",
  );
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, "Not now");

  function turn() {
    const typed = username.input.value;
    dialog.replaceChildren(...form(!isNew, why, dialog));
    const input = dialog.querySelector("[name=username]");
    input.value = typed;
    input.focus();
  }

  async function submit(event) {
    event.preventDefault();
    const fields = { username, password, ...(isNew && { email }) };
    const account = Object.fromEntries(Object.entries(fields).map(([name, { input }]) => [name, input.value]));
    Object.values(fields).forEach(({ say }) => say(""));
    error.textContent = "";
    go.disabled = true;
    try {
      await (isNew ? signUp(account) : logIn(account.username, account.password));
      dialog.close();
    } catch (problem) {
      explain(problem, fields);
    } finally {
      go.disabled = false;
    }
  }

  function explain(problem, fields) {
    const wrong = Object.entries(problem.body?.errors ?? {}).filter(([name]) => fields[name]);
    wrong.forEach(([name, messages]) => fields[name].say(messages.join(" ")));
    if (wrong.length) fields[wrong[0][0]].input.focus();
    else error.textContent = inWords(problem);
  }

  return [
    title,
    why && h("p", {}, why),
    h(
      "form",
      { onsubmit: submit },
      username.element,
      password.element,
      isNew && email.element,
      error,
      h("div", { class: "actions" }, go, cancel),
    ),
    other,
  ].filter(Boolean);
}

function inWords(problem) {
  if (problem instanceof NoAnswer) return problem.message;
  if (problem.code === "no_active_account") return "This name and password don't go together. Try again, or sign up.";
  if (problem.code === "throttled") return `Too many attempts. Try again in ${problem.retryAfter ?? 60} seconds.`;
  return problem.message;
}

function field(text, attributes) {
  const hint = h("span", { class: "error", id: `${attributes.name}-error`, role: "alert" });
  const input = h("input", { ...attributes, "aria-describedby": hint.id });
  const say = (words) => {
    hint.textContent = words;
    input.setAttribute("aria-invalid", String(Boolean(words)));
  };
  return { element: h("label", {}, h("span", {}, text), input, hint), input, say };
}
