// Books a seat: node dist/book.js [url] [username] [password]
import { cinema, type Problem } from "./client.js";

const [url = "http://127.0.0.1:8000", username = "alice", password = "plum-tart-42"] = process.argv.slice(2);
let token: string | undefined;
const api = cinema(url, () => token);

await api.POST("/signup", { body: { username, password } }); // Refused where the name is there already.
token = ok(await api.POST("/login", { body: { username, password } })).access;
const movie = ok(await api.GET("/movies/")).results[0] ?? fail("There is no movie.");
const upcoming = { path: { movie_id: movie.id }, query: { upcoming: true } };
const show = ok(await api.GET("/movies/{movie_id}/shows/", { params: upcoming })).results[0] ?? fail("There is no show.");
const path = { show_id: show.id };
const map = ok(await api.GET("/shows/{show_id}/seats/", { params: { path } }));
const { seat_number } = map.seats.find((seat) => seat.status === "available") ?? fail("There is no free seat.");
const booked = await api.POST("/shows/{show_id}/book/", { params: { path }, body: { seat_number } });

if (booked.data) console.log(`${booked.data.seat_label} for ${movie.title}, ${show.date_time}`);
else if (booked.error.code === "seat_taken") fail(`Just taken. Free near it: ${booked.error.alternatives?.join(", ")}`);
else fail(`${booked.error.code}: ${booked.error.detail}`);

/** The data of an answer. One that is an error ends the example with its code. */
function ok<T>({ data, error }: { data?: T; error?: Problem }): T {
  return data ?? fail(`${error?.code}: ${error?.detail}`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
