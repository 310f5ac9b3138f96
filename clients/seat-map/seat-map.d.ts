export type SeatStatus = "available" | "held" | "taken" | "blocked";

/** A seat as in the API's seat map, with the color of its category. */
export interface Seat {
  seat_number: number;
  /** The label printed on the seat, such as `C7`. */
  label: string;
  row: string;
  column: number;
  x: number;
  y: number;
  category: string;
  accessible: boolean;
  companion: boolean;
  /** The number of the other half of a sofa, which is sold whole. */
  pair: number | null;
  status: SeatStatus;
  color?: string;
  /** The label of the other half of a sofa. */
  otherHalf?: string;
}

export interface Counts {
  total: number;
  available: number;
  held: number;
  taken: number;
  blocked: number;
}

export interface Category {
  name: string;
  color: string;
}

/** Amounts are in the smallest unit of the currency. */
export interface PriceTable {
  currency: string;
  kinds: string[];
  by_category: { [category: string]: { [kind: string]: number } };
}

export interface Show {
  readonly id: number;
  movie: { id: number; title: string; duration_minutes: number };
  screen_name: string;
  date_time: string;
  total_seats: number;
}

/** A hold as the API returns it. */
export interface Hold {
  show: number;
  seat_numbers: number[];
  expires_at: string;
}

/** The access token of a user, or a function that returns or resolves to one. */
export type Token = string | (() => string | null | Promise<string | null>) | null | undefined;

/** The error of a call for a hold. Without a `status`, no answer arrived. */
export interface HoldError extends Error {
  status?: number;
  /** The `code` of the problem, and all of it, as in the API. */
  code?: string;
  body: { [member: string]: unknown } | null;
}

export interface SeatMapOptions {
  /** The address of the API; by default the page's own origin. */
  base?: string | undefined;
  /** The id of the show. */
  show: number | string;
  /** How many seats may be chosen; 10 by default. */
  most?: number | string | undefined;
  /** How many seats of a category may be chosen, by its name. */
  limits?: { [category: string]: number } | undefined;
  /** Returns whether a seat may be chosen. Others are shown as not for sale. */
  selectable?: ((seat: Seat) => boolean) | undefined;
  /** `en`, `de` or `hi`; by default that of the page or of the browser. */
  language?: string | undefined;
  /** Texts in place of the map's own, by their keys in the group `map` of `dist/words/en.js`. */
  texts?: Texts | undefined;
  /** Only holds need it. */
  token?: Token;
  /** `auto`, the default, follows the `color-scheme` of the page. */
  theme?: Theme | undefined;
  /** Returns the text of a price. The amount is in the smallest unit of the currency. */
  formatPrice?: ((amount: number, currency: string) => string) | undefined;
}

export type Theme = "light" | "dark" | "auto";

/** A text may have `{names}` for values. Forms of the plural are chosen by the value `count`. */
export interface Texts {
  [key: string]: string | { one?: string; other: string };
}

/** The `detail` of each event. */
export interface SeatMapDetails {
  /** The chosen seats have changed. */
  choice: null;
  /** The user's hold is new, or has ended. */
  hold: { hold: Hold | null };
  /** The status of any seats has changed. */
  change: { version: number; counts: Counts };
  /** Chosen seats are no longer available. */
  lost: { labels: string[] };
  /** The visitor tried to choose more seats than a limit allows. The category is null for the limit of all seats. */
  full: { most: number; category: string | null };
  /** The visitor tried to choose a seat that can't be chosen. `state` is how the map shows it. */
  refused: { seat: Seat; state: SeatStatus };
  /** The pointer or the focus is on another seat, or on none. */
  hover: { seat: Seat | null };
  /** The hall has been drawn, at first or because its layout or an option has changed. */
  hall: null;
  /** The connection was lost or is back, so the seats shown may or may not be out of date. */
  stale: { stale: boolean };
  /** The show no longer exists. */
  gone: null;
  /** The sale has begun. */
  opened: null;
  /** No seat can be chosen any more. */
  locked: { reason: string };
  /** The map could not be loaded. There is no `status` if no answer arrived. */
  error: { status?: number; message: string };
}

export type SeatMapEvents = { [name in keyof SeatMapDetails]: CustomEvent<SeatMapDetails[name]> };

/** The names of the events. */
export const EVENTS: (keyof SeatMapEvents)[];

/** A live seat map in any element. */
export class SeatMap extends EventTarget {
  constructor(element: Element, options: SeatMapOptions);

  /** Null until the hall is drawn. */
  show: Show | null;
  counts: Counts | null;
  version: number;
  /** Why no seat can be chosen; empty while seats can be chosen. */
  readonly lockReason: string;
  /** When the sale begins (milliseconds since 1970) if it has not begun. */
  opensAt: number | null;
  categories: Category[];
  prices: PriceTable | null;
  /** Resolves when the hall is drawn. Rejects with an error that may have the HTTP `status`. */
  ready: Promise<void>;

  theme: Theme;
  token: Token;
  /** The user's hold; null if there is none. */
  readonly held: Hold | null;
  readonly seats: Seat[];
  readonly chosen: Seat[];
  /** The numbers of the seats that the visitor has held or booked. */
  mine: number[];

  seat(numberOrLabel: number | string): Seat | undefined;
  /** Chooses exactly these seats, except those that are not available. */
  choose(numbers: Iterable<number>): void;
  /** Holds exactly the chosen seats. Like the next three methods, it needs the `token` and rejects with a `HoldError`. */
  hold(): Promise<Hold>;
  /** Finds and holds the best adjacent seats. */
  holdBest(count: number, options?: { category?: string; accessible?: boolean }): Promise<Hold>;
  /** Loads the hold that the user has made before. */
  loadHold(): Promise<Hold | null>;
  releaseHold(): Promise<void>;
  /** Ends choosing for good, and shows the reason. */
  lock(reason: string): void;
  focus(number?: number): void;
  /** Moves the hall so that a seat is in view. */
  reveal(number: number): void;
  /** Lets screen readers read a text. */
  announce(text: string): void;
  /**
   * Changes options of the open map. Keeps the others, the focus, and the chosen seats that may still be chosen.
   * Resolves when the map shows the change.
   */
  setOptions(options: Omit<Partial<SeatMapOptions>, "base" | "show">): Promise<void>;
  /** Removes the map from the page and stops live updates. */
  close(): void;

  addEventListener<Name extends keyof SeatMapEvents>(
    type: Name,
    listener: (event: SeatMapEvents[Name]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Name extends keyof SeatMapEvents>(
    type: Name,
    listener: (event: SeatMapEvents[Name]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
