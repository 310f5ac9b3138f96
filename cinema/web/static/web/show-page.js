/** The page of one show: its seat map, and the steps from a choice of seats to a booking. */

import { onSessionChange, session } from "./api.js";
import { BasketSeats } from "./basket-seats.js";
import { Basket } from "./basket.js";
import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { storeHold } from "./hold-bar.js";
import { Hold } from "./hold.js";
import { OwnSeats } from "./own-seats.js";
import { SeatMap } from "./seat-map.js";
import { SeatPrices } from "./seat-prices.js";
import { SeatRequests } from "./seat-requests.js";
import { ShowHead } from "./show-head.js";
import { storedValue } from "./storage.js";
import { text } from "./words.js";

/** Renders the page into `main`; `maxSeats` is the limit of one hold. Resolves to a function that cleans up. */
export async function showPage(main, id, maxSeats) {
  const page = new ShowPage(main, id, maxSeats);
  await page.open();
  return () => page.close();
}

class ShowPage {
  constructor(main, id, maxSeats) {
    this.id = Number(id);
    this.isLoaded = false;
    this.storedChoice = storedValue(`cinema.choice.${id}`, "sessionStorage"); // Labels, to restore after a reload.
    const labels = this.storedChoice.get();
    this.labelsToRestore = Array.isArray(labels) ? labels : [];
    this.hold = new Hold({
      onTick: (timeLeft) => this.basket.setTimeLeft(timeLeft),
      onWarn: (seconds) => this.map.announce(text("show.holdExpires", { count: seconds })),
      onExpire: (seats) => this.requests.handleExpiredHold(seats),
    });
    this.own = new OwnSeats(this.id, this.hold, () => this.handleOwnSeats());
    this.username = session()?.username;
    this.basket = new Basket({
      onSubmit: () =>
        this.seats.areHeld ? this.requests.bookHold() : this.requests.holdSeats({ seat_numbers: this.seats.numbers }),
      onExtend: () => this.requests.holdSeats({ seat_numbers: this.hold.seats }),
      onRelease: () => this.requests.releaseHold(),
      onKind: (number, kind) => {
        this.prices.choose(number, kind);
        this.seats.show();
      },
      onRemove: ({ seat_number, pair }) => this.seats.remove([seat_number, pair]),
    });
    this.head = new ShowHead(maxSeats, (data) => this.requests.holdBestSeats(data));
    const hall = h("div", { class: "hall" });
    this.main = main;
    main.classList.add("hall-page");
    main.append(this.head.element, hall, this.basket.element);
    this.map = new SeatMap(hall, { show: id, most: maxSeats });
    this.prices = new SeatPrices(this.map);
    const { map, basket, hold, own, prices } = this;
    this.seats = new BasketSeats({ map, basket, hold, own, prices });
    const onDone = () => this.otherTabs.postMessage(this.id);
    this.requests = new SeatRequests({ show: id, map, basket, seats: this.seats, hold, own, prices, onDone });
    this.addListeners(maxSeats);
  }

  addListeners(maxSeats) {
    this.map.addEventListener("choice", () => this.handleChoice());
    this.map.addEventListener("change", () => this.handleChange());
    this.map.addEventListener("hall", () => this.handleNewHall());
    // During a request, lost seats may be those that the request itself holds or books.
    this.map.addEventListener("lost", ({ detail }) => this.seats.isBusy || this.showLostSeats(detail.labels));
    this.map.addEventListener("full", () => {
      this.basket.showMessage(text("show.limit", { count: maxSeats }));
    });
    this.map.addEventListener("locked", () => this.endSale());
    this.map.addEventListener("opened", () => this.beginSale());
    this.map.addEventListener("stale", ({ detail }) => {
      if (!detail.stale && this.own.isRetrying) this.loadOwnSeats();
    });
    this.unsubscribeSession = onSessionChange(() => this.handleSession());
    // The visitor may have held or booked seats on another device.
    this.handleVisibility = () => document.hidden || this.loadOwnSeats();
    document.addEventListener("visibilitychange", this.handleVisibility);
    // The visitor may hold, book or release seats in another tab.
    this.otherTabs = new BroadcastChannel("cinema");
    this.otherTabs.onmessage = ({ data }) => data === this.id && this.loadOwnSeats();
    // On small screens the basket covers the bottom of the hall. The style sheet keeps focused elements above it.
    this.basketObserver = new ResizeObserver(() => {
      document.documentElement.style.setProperty("--basket", `${this.basket.element.offsetHeight}px`);
    });
    this.basketObserver.observe(this.basket.element);
  }

  async open() {
    try {
      await this.map.ready;
    } catch (error) {
      this.close();
      throw error;
    }
    this.isLoaded = true;
    this.head.showFacts(this.map.show);
    this.map.choose(this.labelsToRestore.map((label) => this.map.seat(label)?.seat_number));
    const lost = this.labelsToRestore.filter((label) => !this.map.chosen.some((seat) => seat.label === label));
    await this.loadOwnSeats();
    if (lost.length && !this.hold.seats.length && !this.map.lockReason) this.showLostSeats(lost);
  }

  close() {
    this.main.classList.remove("hall-page");
    this.head.close();
    this.requests.close();
    this.own.close();
    this.unsubscribeSession();
    document.removeEventListener("visibilitychange", this.handleVisibility);
    this.otherTabs.close();
    this.basketObserver.disconnect();
    document.documentElement.style.removeProperty("--basket");
    this.hold.stop();
    this.map.close();
  }

  // --- the visitor's seats ------------------------------------------------------------

  loadOwnSeats() {
    // Before the hall is drawn, there are no seats to mark. `open` loads them then.
    if (this.map.show) return this.own.load();
  }

  handleOwnSeats() {
    if (this.map.lockReason) this.endHold();
    this.seats.mark();
    this.requests.settle();
    if (!this.seats.numbers.length) this.map.choose(this.hold.seats);
  }

  handleSession() {
    // The seats of one user must not stay on the page of another, even if loading fails.
    if (session()?.username !== this.username) {
      this.username = session()?.username;
      this.requests.forget();
      this.own.clear();
      this.seats.mark();
    }
    this.loadOwnSeats();
  }

  /** Stops holding and booking on this page, because the map is locked, and shows why. */
  endSale() {
    this.head.endSale();
    this.endHold();
    this.seats.mark();
    this.basket.showMessage(this.map.lockReason, [h("a", { href: "#/" }, text("shell.programme"))]);
  }

  /** Forgets the hold of a show whose seats are no longer on sale. */
  endHold() {
    this.hold.stop();
    storeHold(this.id, null);
  }

  showLostSeats(labels) {
    this.requests.showLostSeats(labels.map(isolate));
  }

  // --- events of the map --------------------------------------------------------------

  handleChoice() {
    this.seats.show();
    this.storedChoice.set(this.map.chosen.map((seat) => seat.label));
  }

  handleChange() {
    if (this.map.lockReason) return;
    this.head.showAvailable(this.map.counts);
    this.requests.rechooseExpiredSeats();
  }

  beginSale() {
    this.head.beginSale();
    this.handleChange();
    this.seats.show();
  }

  handleNewHall() {
    if (this.map.opensAt) this.head.waitForSale(this.map.opensAt);
    this.head.setOptions(this.map.categories, this.map.seats.some((seat) => seat.accessible));
    // A new layout may have new seat numbers, so the visitor's own are loaded again. `open` loads them the first time.
    if (this.isLoaded) this.loadOwnSeats();
  }
}
