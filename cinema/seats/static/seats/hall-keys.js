/* Arrow keys move from seat to seat on a drawn hall, and one Tab leaves it. The space bar chooses, as everywhere. */
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

for (const hall of document.querySelectorAll(".hall")) {
  const inputs = [...hall.querySelectorAll("input")];
  const middle = (input) => {
    const { left, top, width, height } = input.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const makeCurrent = (input) => inputs.forEach((other) => { other.tabIndex = other === input ? 0 : -1; });

  /* The nearest seat ahead. A seat to the side counts as much farther, so that rows and columns are kept. */
  const neighbor = (from, [dx, dy]) => {
    const [x, y] = middle(from);
    let nearest = null;
    let least = Infinity;
    for (const input of inputs) {
      const [x2, y2] = middle(input);
      const ahead = (x2 - x) * dx + (y2 - y) * dy;
      const aside = Math.abs((x2 - x) * dy) + Math.abs((y2 - y) * dx);
      if (ahead > 4 && ahead + 4 * aside < least) [nearest, least] = [input, ahead + 4 * aside];
    }
    return nearest;
  };

  const scroller = hall.parentElement;
  scroller.scrollLeft = (scroller.scrollWidth - scroller.clientWidth) / 2;
  makeCurrent(hall.querySelector("input:focus") ?? hall.querySelector("input:checked") ?? inputs[0]);
  hall.addEventListener("focusin", (event) => makeCurrent(event.target));
  hall.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    neighbor(event.target, direction)?.focus();
  });
}
