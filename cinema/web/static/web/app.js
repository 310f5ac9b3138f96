/** Which page is shown: the part of the address behind the `#` says it. */

import { askWho } from "./account.js";
import { logOut, onSession, session } from "./api.js";
import { bookingsPage } from "./bookings.js";
import { h } from "./dom.js";
import { moviePage, moviesPage } from "./movies.js";
import { showPage } from "./show.js";

// How many seats go into one hold, as the cinema has it.
const most = Number(document.body.dataset.most);
const PAGES = [
  [/^#\/movies\/(\d+)$/, moviePage],
  [/^#\/shows\/(\d+)$/, (main, id) => showPage(main, id, most)],
  [/^#\/bookings$/, bookingsPage],
  [/^#\/?$/, moviesPage],
];

let leave = null;
let turn = 0;

async function open() {
  const mine = ++turn;
  leave?.();
  leave = null;
  document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close());
  document.title = "Cinema";
  markPlace();
  const main = h("main", { id: "main", tabindex: -1 });
  document.querySelector("main").replaceWith(main);
  const hash = location.hash || "#/";
  const [match, page] = PAGES.map(([form, page]) => [hash.match(form), page]).find(([match]) => match) ?? [];
  try {
    if (!page) throw new Error("There is no such page.");
    const left = await page(main, match[1]);
    if (mine === turn) leave = left;
    else left?.();
  } catch (problem) {
    main.replaceChildren(
      h("h1", { tabindex: -1 }, problem.status === 404 ? "Not found" : "That did not work"),
      h("p", { role: "alert" }, problem.message),
      h("p", {}, h("button", { type: "button", onclick: open }, "Try again"), " ", h("a", { href: "#/" }, "What is on")),
    );
  }
  if (mine === turn) focusOn(main);
}

/** After a turn of the page, keyboard and screen reader go on at its heading; not when the site is opened. */
function focusOn(main) {
  const heading = main.querySelector("h1");
  if (heading && document.title === "Cinema") document.title = `${heading.textContent} – Cinema`;
  const isBusyElsewhere = document.querySelector("dialog[open]") || main.contains(document.activeElement);
  if (turn > 1 && !isBusyElsewhere) heading?.focus();
}

function markPlace() {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function greet() {
  const account = document.querySelector("#account");
  const hadFocus = account.contains(document.activeElement);
  const who = session();
  account.replaceChildren(
    ...(who
      ? [h("span", { class: "who" }, who.username), h("button", { type: "button", onclick: leaveAccount }, "Log out")]
      : [h("button", { type: "button", onclick: () => askWho() }, "Log in")]),
  );
  if (hadFocus) account.querySelector("button").focus();
}

async function leaveAccount() {
  await logOut().catch(() => {});
  location.hash = "#/";
}

// The way past the header, which must not be taken for another page.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector("main").focus();
});
addEventListener("hashchange", open);
onSession(greet);
greet();
open();
