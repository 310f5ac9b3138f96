/** Formats times, durations, counts and lists for people. Times are those of the cinema's clocks. */

// A page of another site that embeds a map does not name the zone, and shows no times.
const timeZone = document.body?.dataset.timeZone || undefined;
const MINUTE = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };

const dayFormat = (year) => new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long", year, timeZone });
const DAY = dayFormat();
const DAY_AND_YEAR = dayFormat("numeric");
const YEAR = new Intl.DateTimeFormat("en", { year: "numeric", timeZone });
const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
const CINEMA_MINUTE = new Intl.DateTimeFormat("en", { ...MINUTE, timeZone });
const VISITOR_MINUTE = new Intl.DateTimeFormat("en", MINUTE);

/** `Friday, November 6`, with the year if it is not the current one. */
export function formatDay(iso) {
  const date = new Date(iso);
  return (YEAR.format(date) === YEAR.format(new Date()) ? DAY : DAY_AND_YEAR).format(date);
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
  if (seconds >= 48 * 3600) return `${Math.floor(seconds / 86400)} days`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const parts = [...(hours ? [hours, String(minutes).padStart(2, "0")] : [minutes]), String(seconds % 60).padStart(2, "0")];
  return parts.join(":");
}

/** `1 h 45 min`. */
export function formatDuration(minutes) {
  const hours = Math.floor(minutes / 60);
  return [hours && `${hours} h`, minutes % 60 && `${minutes % 60} min`].filter(Boolean).join(" ");
}

/** `9:05`, in minutes and seconds. */
export function formatCountdown(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `1 seat`, `2 seats`. */
export const pluralize = (count, noun) => (count === 1 ? `1 ${noun}` : `${count} ${noun}s`);

/** `C7, C8 and C9`. */
export function joinWithAnd(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
