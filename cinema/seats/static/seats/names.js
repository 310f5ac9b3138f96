/* Names for those fields of Django's forms that have none for screen readers. */
const nameElement = (element, text) => { if (text) element.setAttribute("aria-label", text); };

function nameFields() {
  document.querySelectorAll("#searchbar").forEach((field) => nameElement(field, "Search"));
  /* Fields in a row of a table are named by the heads of its columns, whose first cell is empty. */
  for (const cell of document.querySelectorAll(".inline-group td[class*=field-]")) {
    const column = cell.className.match(/field-(\w+)/)[1];
    const head = cell.closest("table").querySelector(`th.column-${column}`);
    cell.querySelectorAll("input:not([type=hidden]), select, textarea").forEach((field) => nameElement(field, head?.innerText.trim()));
  }
  document.querySelectorAll(".inline-group th.original:empty").forEach((head) => {
    const name = document.createElement("span");
    name.className = "visually-hidden";
    name.textContent = "Row";
    head.append(name);
  });
  document.querySelectorAll(".inline-group td.delete input").forEach((field) => nameElement(field, "Delete"));
  /* Only elements with a role may have a name. Those that hold a filter's hint have none. */
  document.querySelectorAll(".help-tooltip[aria-label]").forEach((sign) => sign.setAttribute("role", "img"));
  for (const field of document.querySelectorAll("select.select2-hidden-accessible")) {
    const name = field.labels[0]?.innerText.replace(/:$/, "") ?? field.getAttribute("aria-label");
    field.nextElementSibling?.querySelectorAll("[role=combobox], [role=textbox]").forEach((box) => {
      box.removeAttribute("aria-labelledby");
      nameElement(box, name);
    });
  }
}

// After Django's own scripts, which make some of the fields. jQuery runs these later, but in their order.
window.addEventListener("load", () => (window.django?.jQuery ?? ((run) => run()))(nameFields));
