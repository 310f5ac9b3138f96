// Signs up, logs in, finds a show and books a seat: node dist/book.js [url] [username] [password]
import { cinema, type Problem } from "./client.js";

const [url = "http://127.0.0.1:8000", username = "alice", password = "plum-tart-42"] = process.argv.slice(2);
let access: string | undefined;
const api = cinema(url, () => access);

await api.POST("/signup", { body: { username, password } }); // Ignores 400: on a second run, the username is taken.
access = dataOf(await api.POST("/login", { body: { username, password } })).access;
const movie = dataOf(await api.GET("/movies/")).results[0] ?? fail("There are no movies.");
const upcoming = { path: { movie_id: movie.id }, query: { upcoming: true } };
const shows = dataOf(await api.GET("/movies/{movie_id}/shows/", { params: upcoming })).results;
const show = shows[0] ?? fail("The movie has no upcoming shows.");
const path = { show_id: show.id };
const map = dataOf(await api.GET("/shows/{show_id}/seats/", { params: { path } }));
const { seat_number } = map.seats.find((seat) => seat.status === "available") ?? fail("No seat is available.");
const { data, error } = await api.POST("/shows/{show_id}/book/", { params: { path }, body: { seat_number } });

if (data) console.log(`${data.seat_label} for ${movie.title}, ${show.date_time}`);
else if (error.code === "seat_taken") fail(`Just taken. Available nearby: ${error.alternatives?.join(", ")}`);
else fail(`${error.code}: ${error.detail}`);

/** Returns the data of a response. Ends the example if the response is a problem. */
function dataOf<T>({ data, error }: { data?: T; error?: Problem }): T {
  return data ?? fail(`${error?.code}: ${error?.detail}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
