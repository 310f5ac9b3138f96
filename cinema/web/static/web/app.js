/** Renders the page that the URL fragment names (`#/shows/7`), and the account area of the header. */

import { accountPage } from "./account-page.js";
import { logOut, onSessionChange, session } from "./api.js";
import { isolate } from "./bidi.js";
import { bookingsPage } from "./bookings-page.js";
import { h } from "./dom.js";
import { requireLogin } from "./login-dialog.js";
import { moviePage, moviesPage } from "./movies-page.js";
import { forgottenPage, resetPage } from "./password-page.js";
import { showPage } from "./show-page.js";

// The most seats of one hold, from the server's setting HOLD_MAX_SEATS.
const maxSeats = Number(document.body.dataset.maxSeats);

// Each function renders a page into `main`. It may resolve to a function that cleans up when the visitor leaves.
const ROUTES = [
  [/^#\/movies\/(\d+)$/, moviePage],
  [/^#\/shows\/(\d+)$/, (main, id) => showPage(main, id, maxSeats)],
  [/^#\/bookings$/, bookingsPage],
  [/^#\/account$/, accountPage],
  [/^#\/password$/, forgottenPage],
  [/^#\/password\/([\w-]+)$/, resetPage],
  [/^#\/?$/, moviesPage],
];

let closePage = null;
let navigationCount = 0;

async function openPage() {
  const navigation = ++navigationCount;
  closePage?.();
  closePage = null;
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.title = "Cinema";
  markCurrentLink();
  const main = h("main", { id: "main", tabindex: -1 });
  document.querySelector("main").replaceWith(main);
  try {
    const [render, id] = findRoute(location.hash || "#/");
    const cleanUp = await render(main, id);
    if (navigation === navigationCount) closePage = cleanUp;
    else cleanUp?.(); // The visitor opened another page while this one loaded.
  } catch (problem) {
    main.replaceChildren(
      h("h1", { tabindex: -1 }, problem.status === 404 ? "Not found" : "Something went wrong"),
      h("p", { role: "alert" }, problem.message),
      h("p", {}, h("button", { type: "button", onclick: openPage }, "Try again"), " ", h("a", { href: "#/" }, "What is on")),
    );
  }
  if (navigation === navigationCount) focusHeading(main);
}

function findRoute(hash) {
  for (const [pattern, render] of ROUTES) {
    const match = hash.match(pattern);
    if (match) return [render, match[1]];
  }
  throw new Error("This page does not exist. See what is on instead.");
}

/** Moves the focus to the heading of a new page, so that keyboard and screen reader continue there. */
function focusHeading(main) {
  const heading = main.querySelector("h1");
  if (heading && document.title === "Cinema") document.title = `${isolate(heading.textContent)} – Cinema`;
  const isFocusInUse = document.querySelector("dialog[open]") || main.contains(document.activeElement);
  // The first page after loading keeps the focus at its top, like any document.
  if (navigationCount > 1 && !isFocusInUse) heading?.focus();
}

function markCurrentLink() {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function renderAccount() {
  const account = document.querySelector("#account");
  const hadFocus = account.contains(document.activeElement);
  const user = session();
  account.replaceChildren(
    ...(user
      ? [accountLink(user), h("button", { type: "button", onclick: logOutAndGoHome }, "Log out")]
      : [h("button", { type: "button", onclick: () => requireLogin() }, "Log in")]),
  );
  if (hadFocus) account.querySelector("button").focus();
}

function accountLink({ username }) {
  return h("a", { class: "who", href: "#/account", "aria-label": `My account: ${isolate(username)}` }, h("bdi", {}, username));
}

async function logOutAndGoHome() {
  await logOut().catch(() => {});
  location.hash = "#/";
}

// The skip link must not change the fragment: `openPage` would look for a page of that name.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("main").focus();
});
addEventListener("hashchange", openPage);
onSessionChange(renderAccount);
renderAccount();
openPage();
