{% include "drf_spectacular/swagger_ui.js" %}

// Swagger UI has dark colors, but only its own header, which this page leaves out, turns them on.
const darkColors = matchMedia("(prefers-color-scheme: dark)");
const followScheme = () => document.documentElement.classList.toggle("dark-mode", darkColors.matches);
darkColors.addEventListener("change", followScheme);
followScheme();
