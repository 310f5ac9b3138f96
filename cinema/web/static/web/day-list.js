/** Shows grouped by the cinema's days. */

/** Groups shows, which are in the order of their times, into `[{key, start, shows}]` by the cinema's date. */
export function groupByDay(shows) {
  const days = new Map();
  for (const show of shows) {
    const key = show.local_time.slice(0, 10);
    if (!days.has(key)) days.set(key, { key, start: show.date_time, shows: [] });
    days.get(key).shows.push(show);
  }
  return [...days.values()];
}
