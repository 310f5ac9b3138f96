/** Formats times, durations, counts and lists for people. Times are in the browser's time zone. */

const DAY = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** `Friday, November 6`. */
export const formatDay = (iso) => DAY.format(new Date(iso));

/** `20:15`. */
export const formatTime = (iso) => TIME.format(new Date(iso));

/** `Friday, November 6, 20:15`. */
export const formatDateTime = (iso) => `${formatDay(iso)}, ${formatTime(iso)}`;

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
