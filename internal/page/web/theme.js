// A button changes between the light and the dark theme; at first it is the
// system's. Whoever draws by hand hears of it by the event "theme".

const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

function startTheme() {
  const button = document.getElementById("theme");
  const say = () => {
    button.textContent = isDark() ? "☀ Light" : "☾ Dark";
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
    document.dispatchEvent(new Event("theme"));
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    say();
  });
  dark.addEventListener("change", say);
  button.hidden = false;
  say();
}

// startPrint opens what is closed, and takes the light theme, while the page is
// printed.
function startPrint() {
  const root = document.documentElement;
  let opened = [], theme;
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    document.dispatchEvent(new Event("theme"));
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.dispatchEvent(new Event("theme"));
  });
}

// startCopy gives every button that copies a text its work.
function startCopy() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
}
