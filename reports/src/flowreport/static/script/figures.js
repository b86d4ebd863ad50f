// Axes and folded figures.
(() => {
  const linear = document.getElementById("linear");
  const button = document.getElementById("open-all");
  const figures = Array.from(document.querySelectorAll("main details"));

  const scale = () => document.documentElement.classList.toggle("linear", linear.checked);
  const unfold = (open) => {
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? "Close all figures" : "Open all figures";
    for (const one of figures) one.open = open;
  };

  linear.addEventListener("change", () => {
    scale();
    state.set("linear", linear.checked ? "1" : "");
    announce(`Axes of times and bytes are ${linear.checked ? "linear" : "logarithmic"}`);
  });
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-pressed") !== "true";
    unfold(open);
    state.set("open", open ? "1" : "");
  });
  document.getElementById("filter-all").addEventListener("click", () => {
    linear.checked = false;
    scale();
    state.set("linear", "");
    if (ratios.choice) {
      ratios.choice.value = ratios.own;
      ratios.show(ratios.own);
      state.set("rel", "");
    }
    filter.reset();
  });

  // Paper has no buttons: what is folded is printed too.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = figures.filter((one) => !one.open);
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });

  state.onRestore(() => {
    linear.checked = state.get("linear") === "1";
    scale();
    unfold(state.get("open") === "1");
  });
  filter.apply(); // a browser that goes back restores the boxes
  scale();
})();
