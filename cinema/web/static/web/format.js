/** Formats times, durations, counts and lists for people. Times are those of the cinema's clocks. */

import { text, words } from "./words.js";

const { locale } = words;
// A page of another site that embeds a map does not name the zone, and shows no times.
const timeZone = document.body?.dataset.timeZone || undefined;
const MINUTE = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };

const dayFormat = (year) => new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year, timeZone });
const DAY = dayFormat();
const DAY_AND_YEAR = dayFormat("numeric");
const YEAR = new Intl.DateTimeFormat(locale, { year: "numeric", timeZone });
const TIME = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
const DATE = new Intl.DateTimeFormat("sv", { year: "numeric", month: "2-digit", day: "2-digit", timeZone });
const MONTH_DAY = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric", timeZone });
const DAY_PARTS = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", timeZone });
const CINEMA_MINUTE = new Intl.DateTimeFormat(locale, { ...MINUTE, timeZone });
const VISITOR_MINUTE = new Intl.DateTimeFormat(locale, MINUTE);

/** `Friday, November 6`, with the year if it is not the current one. */
export function formatDay(iso) {
  const date = new Date(iso);
  return (YEAR.format(date) === YEAR.format(new Date()) ? DAY : DAY_AND_YEAR).format(date);
}

/** The cinema's date at a moment, such as `2031-03-30`. */
export const cinemaDay = (moment) => DATE.format(new Date(moment));

/** `Mar 30`. */
export const formatMonthDay = (moment) => MONTH_DAY.format(new Date(moment));

/** The words of a day in a calendar: `{weekday: "Sun", day: "30", month: "Mar"}`. */
export function formatDayParts(iso) {
  const parts = DAY_PARTS.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]);
  return Object.fromEntries(parts);
}

/** `20:15`. */
export const formatTime = (iso) => TIME.format(new Date(iso));

/** The cinema's time zone, if the visitor's clock shows another time at that moment; otherwise an empty text. */
export function foreignZone(iso) {
  const date = new Date(iso);
  return CINEMA_MINUTE.format(date) === VISITOR_MINUTE.format(date) ? "" : timeZone;
}

/** `Friday, November 6, 20:15`, with the cinema's time zone if the visitor's clock shows another time. */
export function formatDateTime(iso) {
  const zone = foreignZone(iso);
  return `${formatDay(iso)}, ${formatTime(iso)}${zone && ` (${zone})`}`;
}

/** `9:05`, `1:09:05` or `3 days`: the time until something begins. */
export function formatWait(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  if (seconds >= 48 * 3600) return text("page.days", { count: Math.floor(seconds / 86400) });
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = [...(hours ? [hours, String(minutes).padStart(2, "0")] : [minutes]), String(seconds % 60).padStart(2, "0")];
  return parts.join(":");
}

/** `€12.50`, from an amount in the smallest unit of the currency (default: the cinema's). */
export function formatAmount(amount, currency = document.body.dataset.currency, amountLocale = locale) {
  const format = new Intl.NumberFormat(amountLocale, { style: "currency", currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** `1 h 45 min`. */
export function formatDuration(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours && text("page.hours", { count: hours }), minutes % 60 && text("page.minutes", { count: minutes % 60 })].filter(Boolean).join(" ");
}

/** `9:05`, in minutes and seconds. */
export function formatCountdown(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `C7, C8 and C9`. */
export function joinWithAnd(items) {
  if (items.length < 2) return items.join("");
  return text("page.and", { first: items.slice(0, -1).join(", "), last: items.at(-1) });
}
