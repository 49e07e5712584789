// The page is whole without this: it only hides what one doesn't want to see.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  if (!form) return;
  const shown = document.getElementById("shown");
  const scopes = [...document.querySelectorAll("details.scope")].map((element) => ({ element, path: element.dataset.scope, open: element.open }));
  const changes = [...document.querySelectorAll("article.change")].map((element) => ({
    element,
    kind: element.dataset.kind,
    direction: element.dataset.direction,
    scope: element.closest("details.scope").dataset.scope,
    words: [...element.querySelectorAll(".address, dd")].map((part) => part.textContent).join(" ").toLowerCase(),
  }));
  const isBelow = (path, scope) => scope === "" || path === scope || path.startsWith(scope + "/");
  const filter = () => {
    const checked = (name) => new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));
    const kinds = checked("kind");
    const directions = checked("direction");
    const scope = form.elements.scope.value;
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set();
    let count = 0;
    for (const change of changes) {
      const fits = kinds.has(change.kind) && directions.has(change.direction) && isBelow(change.scope, scope)
        && words.every((word) => change.words.includes(word));
      change.element.hidden = !fits;
      if (fits) {
        count += 1;
        wanted.add(change.scope);
      }
    }
    const holds = new Set();
    for (const path of wanted) {
      const parts = path.split("/");
      for (let depth = 1; depth <= parts.length; depth += 1) holds.add(parts.slice(0, depth).join("/"));
    }
    const all = count === changes.length;
    for (const { element, path, open } of scopes) {
      element.hidden = !all && !holds.has(path);
      element.open = all ? open : holds.has(path);
    }
    shown.value = `${count} of ${changes.length} changes`;
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  // A browser may keep what was chosen over a reload.
  filter();
  // Whoever follows a link to a change sees it, whatever is folded around it.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) {
      form.reset();
      filter();
    }
    for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
