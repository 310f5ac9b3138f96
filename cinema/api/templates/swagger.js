{% include "drf_spectacular/swagger_ui.js" %}

// Swagger UI has dark colors, but only its own header, which this page leaves out, turns them on.
const darkColors = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", darkColors.matches);
darkColors.addEventListener("change", followScheme);
followScheme();

// Swagger UI has no headings of the second level, and its description is in no landmark.
const swaggerPage = document.querySelector("#swagger-ui");
const correctStructure = () => {
  swaggerPage.querySelector(".information-container")?.setAttribute("role", "banner");
  for (const heading of swaggerPage.querySelectorAll(":is(h3, h4, h5):not([aria-level])")) {
    heading.setAttribute("aria-level", heading.matches(".models > *") ? 2 : Number(heading.localName[1]) - 1);
  }
};
new MutationObserver(correctStructure).observe(swaggerPage, { childList: true, subtree: true });
