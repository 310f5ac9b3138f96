/** The door: staff choose a show, scan tickets, and see at arm's length whom to let in. */

import { get, logOut, onSessionChange, post, session } from "./api.js";
import { h } from "./dom.js";
import { errorResult, resultOf, resultView } from "./door-result.js";
import { Scanner, canScan } from "./door-scanner.js";
import { currentShows, showChoice } from "./door-shows.js";
import { formatTime } from "./format.js";
import { requireLogin } from "./login-dialog.js";
import { nodes, text } from "./words.js";

const main = document.querySelector("main");
let close = () => {}; // Ends the screen that is open.

function openScreen(...nodes) {
  close();
  close = () => {};
  main.replaceChildren(...nodes);
}

function message(content, ...buttons) {
  openScreen(h("div", { class: "door-message" }, h("h1", {}, text("door.title")), h("p", { role: "alert" }, content), buttons));
}

async function start() {
  if (!session()) {
    message(text("door.logInFirst"), h("button", { type: "button", class: "primary big", onclick: logIn }, text("page.logIn")));
    return;
  }
  try {
    const { is_staff } = await get("/me");
    if (is_staff) await chooseShow();
    else message(text("door.notStaff"), h("button", { type: "button", onclick: endSession }, text("page.logOut")));
  } catch (problem) {
    // If the session had expired, the request ended it, which starts anew.
    if (session()) message(problem.message, h("button", { type: "button", onclick: start }, text("page.tryAgain")));
  }
}

const endSession = () => logOut().catch(() => {}); // The page forgets the tokens in any case.
const logIn = () => requireLogin(text("door.logInToAdmit"), { canSignUp: false });

async function chooseShow() {
  const shows = await currentShows();
  openScreen(...showChoice(shows, { onChoose: openDoor, onLogOut: endSession }));
  main.querySelector(".door-show")?.focus();
}

async function openDoor(show) {
  const hasCamera = await canScan();
  const scanner = hasCamera && new Scanner((code) => admit(code));
  const stage = h("div", { class: "stage" });
  const count = h("b", {}, "0");
  const input = h("input", { id: "code", autocomplete: "off", spellcheck: "false", maxlength: 200, enterkeyhint: "go", required: true });
  const form = h(
    "form",
    { class: "code-entry", onsubmit: submit },
    h("label", { for: "code" }, text(hasCamera ? "door.byHand" : "door.code")),
    input,
    h("button", { class: "primary" }, text("door.check")),
  );
  let isBusy = false;

  openScreen(
    h(
      "header",
      { class: "door-head facade" },
      h("h1", {}, h("bdi", {}, show.movie_title)),
      h("p", { class: "count" }, nodes("door.count", { count })),
      h("p", { class: "place" }, `${formatTime(show.date_time)}, `, h("bdi", {}, show.screen_name)),
      h("button", { type: "button", class: "link", onclick: start }, text("door.change")),
    ),
    stage,
    form,
  );
  // A hand scanner types like a keyboard, wherever the focus is.
  const catchKeys = (event) => {
    const isTyping = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isTyping && !event.target.closest("input, dialog")) input.focus();
  };
  document.addEventListener("keydown", catchKeys);
  close = () => {
    document.removeEventListener("keydown", catchKeys);
    scanner?.stop?.();
  };
  waitForGuest();

  function waitForGuest() {
    stage.className = "stage";
    stage.replaceChildren(hasCamera ? scanner.element : h("p", { class: "waiting" }, text("door.ready")));
    if (hasCamera) scanner.start();
    else input.focus(); // On a phone with a camera, this would open the keyboard.
  }

  function submit(event) {
    event.preventDefault();
    const code = input.value.trim();
    input.value = "";
    if (code) admit(code);
  }

  async function admit(code) {
    if (isBusy) return;
    isBusy = true;
    scanner?.pause?.();
    let result;
    try {
      const { admitted } = await post(`/shows/${show.id}/admit/`, { ticket: code });
      count.textContent = String(Number(count.textContent) + admitted.length);
      result = resultOf(admitted);
    } catch (problem) {
      result = await errorResult(problem);
    }
    isBusy = false;
    if (!stage.isConnected) return; // Staff went to another show, or were logged out.
    const next = h("button", { type: "button", class: "big", onclick: waitForGuest }, text("door.next"));
    stage.className = `stage ${result.state}`;
    stage.replaceChildren(resultView(result, next));
    next.focus();
  }
}

onSessionChange(start);
start().then(() => session() || logIn());
