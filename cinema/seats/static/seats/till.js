/* Lists the ticked seats with a choice of their kinds, and adds up the total. The server sets the prices. */
const form = document.querySelector("#till");
const data = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
const prices = data("prices");
const kinds = data("kinds") ?? {};
const list = document.querySelector("#chosen");
const hint = list?.firstElementChild;

const money = (amount) => `${(amount / 10 ** prices.digits).toFixed(prices.digits)} ${prices.currency}`;

function kindField(seat, amounts) {
  const select = document.createElement("select");
  select.name = `kind_${seat.value}`;
  select.setAttribute("aria-label", `Kind for ${seat.dataset.label}`);
  for (const [kind, amount] of Object.entries(amounts)) {
    select.add(new Option(`${kind}, ${money(amount)}`, kind, false, kinds[select.name] === kind));
  }
  select.addEventListener("change", () => { kinds[select.name] = select.value; update(); });
  return select;
}

function line(seat) {
  const item = document.createElement("li");
  const label = document.createElement("bdi");
  label.textContent = seat.dataset.label;
  item.append(label);
  if (prices) item.append(kindField(seat, prices.by_category[seat.dataset.category]));
  return item;
}

function update() {
  const seats = [...form.querySelectorAll("[name=seats]:checked")];
  const amounts = seats.map((seat) => {
    const of = prices?.by_category[seat.dataset.category] ?? {};
    return of[kinds[`kind_${seat.value}`]] ?? Object.values(of)[0] ?? 0;
  });
  const total = prices ? money(amounts.reduce((sum, amount) => sum + amount, 0)) : "";
  const count = `${seats.length} seat${seats.length === 1 ? "" : "s"}`;
  document.querySelector("#total").textContent = prices && seats.length ? `${count}, ${total}` : count;
  document.querySelector("#sell").textContent = seats.length ? `Sell ${count}${total && ` for ${total}`}` : "Sell";
  return seats;
}

function relist() {
  const seats = update();
  list.replaceChildren(...(seats.length ? seats.map(line) : [hint]));
}

if (form) {
  form.addEventListener("change", (event) => { if (event.target.name === "seats") relist(); });
  // Also after the browser has restored the ticks, for "back".
  window.addEventListener("pageshow", relist);
}
