import type { SeatMap, SeatMapEvents, SeatMapOptions, Theme, Token } from "./seat-map.js";

/** The element `<cinema-seat-map>`. Importing this module defines it. */
export class SeatMapElement extends HTMLElement {
  /** Null while the element is outside of a document or has no `show`. */
  map: SeatMap | null;
  get base(): string | null;
  set base(value: string | null | undefined);
  get show(): string | null;
  set show(value: string | number | null | undefined);
  get most(): string | null;
  set most(value: string | number | null | undefined);
  get language(): string | null;
  set language(value: string | null | undefined);
  get theme(): string | null;
  set theme(value: Theme | null | undefined);
  limits: SeatMapOptions["limits"];
  selectable: SeatMapOptions["selectable"];
  token: Token;
  texts: SeatMapOptions["texts"];
  formatPrice: SeatMapOptions["formatPrice"];
}

declare global {
  interface HTMLElementTagNameMap {
    "cinema-seat-map": SeatMapElement;
  }
  /** The events of the map reach its element with this prefix, and bubble. */
  interface HTMLElementEventMap extends Prefixed<SeatMapEvents> {}
}

type Prefixed<Events> = { [Name in keyof Events as `seat-map-${Name & string}`]: Events[Name] };
