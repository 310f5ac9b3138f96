/* The key "/" goes to the search for bookings, but not while somebody types. */
document.addEventListener("keydown", (event) => {
  const field = document.querySelector("#find input");
  const types = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || types || !field) return;
  event.preventDefault();
  field.focus();
  field.select();
});
