"use strict";
// The page reads well without its script. It adds: sortable tables, filters, another base of ratios, linear axes, and the
// raw data as CSV or JSON. Nothing in it writes HTML: text goes in through textContent, so a name can never become an element.
document.documentElement.classList.add("scripted");

// What the reader chose, kept behind the # of the address, so that a link shows the same again: #w3&rel=2&linear=1
// `onRestore` takes functions that put a choice that came with an address into effect.
const state = (() => {
  const chosen = new Map();
  const restorers = [];
  let anchor = "";

  const decode = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return "";
    }
  };

  const read = () => {
    const parts = location.hash.slice(1).split("&");
    anchor = parts[0].includes("=") ? "" : decode(parts[0]);
    const pairs = parts.filter((part) => part.includes("=")).map((part) => part.split("="));
    return new Map(pairs.map(([key, value]) => [decode(key), decode(value)]));
  };

  const write = () => {
    const pairs = Array.from(chosen, ([key, value]) => `${key}=${encodeURIComponent(value)}`);
    const hash = [...(anchor ? [encodeURIComponent(anchor)] : []), ...pairs].join("&");
    history.replaceState(null, "", `${location.href.split("#")[0]}${hash ? `#${hash}` : ""}`);
  };

  const restore = () => {
    for (const restorer of restorers) restorer();
    if (anchor) document.getElementById(anchor)?.scrollIntoView();
  };

  addEventListener("hashchange", () => {
    const given = read();
    if (given.size > 0) {
      chosen.clear();
      for (const [key, value] of given) chosen.set(key, value);
      restore();
    } else {
      write(); // a link within the page leads away from the choices: they stay
    }
  });

  return {
    get: (key) => chosen.get(key) ?? "",
    set: (key, value) => {
      if (value === "") chosen.delete(key);
      else chosen.set(key, value);
      write();
    },
    onRestore: (restorer) => restorers.push(restorer),
    start: () => {
      const given = read();
      for (const [key, value] of given) chosen.set(key, value);
      if (given.size > 0) restore();
    },
  };
})();

// Said to those who do not see what changed; a page without such a place says nothing.
const announce = (text) => {
  const status = document.getElementById("filter-status");
  if (status) status.textContent = text;
};
