// Ratios to another base than the page was written with. The page's own texts and pictures are kept and come back with
// its own base. Pictures follow charts/forest.py: its places, its ticks, and the markers of its legend.
const ratios = (() => {
  const choice = document.getElementById("base");
  const data = JSON.parse(document.getElementById("ratio-data").textContent);
  const own = data.base === null ? "" : String(data.base);
  const cells = new Map();
  const pictures = new Map();
  const bases = new Map(Array.from(document.querySelectorAll(".base-title"), (e) => [e, e.textContent]));

  // Three significant digits below 1,000, whole above: as flowreport.units writes them.
  const number = (value) => {
    const size = Math.abs(value);
    if (size < 1e-4) return value.toExponential(2);
    if (Number(size.toPrecision(3)) >= 1000) return Math.round(value).toLocaleString("en-US");
    return value.toPrecision(3);
  };

  const look = (key, base) => {
    const [place, subject] = key.split("-").map(Number);
    const group = data.groups[place];
    const [above, below] = [group.measured.indexOf(subject), group.measured.indexOf(base)];
    if (above < 0 || below < 0) return null;
    if (above === below) return { value: 1, sign: "●", tone: "base", mark: "pass" };
    const [value, low, high] = group.ratios[above][below];
    const faster = value < 1;
    if (low === undefined) return { value, sign: faster ? "▽" : "△", tone: "unsure", mark: "not-gated" };
    if (low <= 1 && 1 <= high) return { value, low, high, sign: "≈", tone: "alike", mark: "unclear" };
    const [sign, tone, mark] = faster ? ["▼", "faster", "improvement"] : ["▲", "slower", "regression"];
    return { value, low, high, sign, tone, mark };
  };

  const keep = (cell) => ({
    text: cell.firstChild.data, sort: cell.dataset.sort, tone: cell.className, note: cell.querySelector("small")?.textContent,
  });

  const fill = (cell, base) => {
    if (!cells.has(cell)) cells.set(cell, keep(cell));
    const kept = cells.get(cell);
    const note = cell.querySelector("small");
    if (base === null) {
      cell.firstChild.data = kept.text;
      cell.className = kept.tone;
      if (note) note.textContent = kept.note;
      if (kept.sort === undefined) delete cell.dataset.sort;
      else cell.dataset.sort = kept.sort;
      return;
    }
    const ratio = look(cell.dataset.key, base);
    cell.firstChild.data = ratio ? `${ratio.sign} ${number(ratio.value)}×` : "–";
    cell.className = ratio ? ratio.tone : "absent";
    if (note) note.textContent = ratio?.low === undefined ? "" : `${number(ratio.low)} to ${number(ratio.high)}`;
    if (ratio) cell.dataset.sort = ratio.value;
    else delete cell.dataset.sort;
  };

  // Geometric means over the comparisons in which both were measured and neither's work is unlike.
  const means = (base) => {
    for (const row of document.querySelectorAll("#means tbody tr")) {
      const subject = Number(row.dataset.subject);
      const logs = data.groups.flatMap((group, place) => {
        const ratio = [subject, base].some((s) => group.unlike.includes(s)) ? null : look(`${place}-${subject}`, base);
        return ratio ? [Math.log(ratio.value)] : [];
      });
      const mean = logs.length > 0 ? Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length) : null;
      const [, value, count] = row.cells;
      for (const cell of [value, count]) if (!cells.has(cell)) cells.set(cell, keep(cell));
      value.firstChild.data = mean === null ? "–" : `${number(mean)}×`;
      count.firstChild.data = String(logs.length);
      count.dataset.sort = logs.length;
      if (mean === null) delete value.dataset.sort;
      else value.dataset.sort = mean;
    }
  };

  const restoreMeans = () => {
    for (const cell of document.querySelectorAll("#means tbody td")) if (cells.has(cell)) fill(cell, null);
  };

  // --- forest plots

  const shape = (tag, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const span = (found) => {
    const logs = found.map((r) => Math.log(r.value));
    let [low, high] = [Math.min(0, ...logs), Math.max(0, ...logs)];
    const room = Math.max(3 * Math.max(-low, high), 0.02);
    for (const end of found.flatMap((r) => (r.low > 0 ? [Math.log(r.low), Math.log(r.high)] : []))) {
      low = Math.min(low, Math.max(end, -room));
      high = Math.max(high, Math.min(end, room));
    }
    const padding = Math.max(0.04 * (high - low), 0.005);
    return [Math.exp(low - padding), Math.exp(high + padding)];
  };

  const ticks = (low, high) => {
    const most = 7;
    if (high / low < 6) {
      const least = (high - low) / most;
      const decade = 10 ** Math.floor(Math.log10(least));
      const step = [1, 2, 5, 10].map((n) => n * decade).find((n) => n >= least * (1 - 1e-9));
      const found = [];
      for (let k = Math.ceil(low / step - 1e-9); k <= high / step + 1e-9; k++) found.push(Number((k * step).toPrecision(9)));
      return found;
    }
    let found = [];
    for (const parts of [[1, 2, 5], [1, 3], [1]]) {
      found = [];
      for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d++) {
        found.push(...parts.map((n) => Number((n * 10 ** d).toPrecision(9))).filter((t) => low <= t && t <= high));
      }
      if (found.length <= most) return found;
    }
    const step = Math.ceil(found.length / most);
    return found.filter((_, i) => i % step === 0);
  };

  const redraw = (picture, base) => {
    if (!pictures.has(picture)) pictures.set(picture, picture.cloneNode(true));
    picture.replaceChildren(...pictures.get(picture).cloneNode(true).childNodes);
    if (base === null) return;
    const rows = Array.from(picture.querySelectorAll("g.row"), (row) => [row, look(row.dataset.key, base)]);
    const found = rows.map(([, ratio]) => ratio).filter((ratio) => ratio);
    const scale = picture.querySelector("g.scale");
    const [start, end, top, bottom] = ["start", "end", "top", "bottom"].map((name) => Number(scale.dataset[name]));
    const [low, high] = span(found);
    const at = (value) => {
      const share = Math.log(Math.min(Math.max(value, low), high) / low) / Math.log(high / low);
      return (start + share * (end - start)).toFixed(1);
    };
    const [axis] = Array.from(scale.querySelectorAll(":scope > text")).slice(-1);
    const labels = scale.querySelectorAll(":scope > g");
    const values = ticks(low, high);
    for (const group of labels) {
      const y = group.firstChild.getAttribute("y");
      group.replaceChildren(...values.map((t) => shape("text", { x: at(t), y }, `${t.toLocaleString("en-US", { maximumSignificantDigits: 9 })}×`)));
    }
    const grid = values.filter((t) => t !== 1).map((t) => `M${at(t)} ${top}V${bottom}`).join("");
    const line = { fill: "none", stroke: "currentColor" };
    scale.replaceChildren(
      shape("path", { ...line, d: grid, "stroke-opacity": 0.13 }),
      shape("path", { ...line, d: `M${at(1)} ${top}V${bottom}`, "stroke-opacity": 0.7, class: "one" }),
      ...labels, axis,
    );
    for (const [row, ratio] of rows) redrawRow(picture, row, ratio, { at, start, end, low, high });
  };

  const redrawRow = (picture, row, ratio, axis) => {
    const name = row.querySelector("text.name");
    const y = Number(name.getAttribute("y")) - 3.5;
    const numbers = row.querySelector("text.numbers");
    const title = row.querySelector("title");
    const label = title.textContent.slice(0, title.textContent.lastIndexOf(": "));
    for (const path of row.querySelectorAll("path")) path.remove();
    if (!ratio) {
      numbers.textContent = "–";
      title.textContent = `${label}: nothing to compare with`;
      return;
    }
    const legend = picture.querySelector(`[data-tone="${ratio.mark}"]`);
    const mark = legend.querySelector("path").cloneNode(true);
    const word = legend.querySelector("text").textContent;
    mark.setAttribute("d", mark.getAttribute("d").replace(/^M[\d.-]+ [\d.-]+/, `M${axis.at(ratio.value)} ${y}`));
    numbers.textContent = `${number(ratio.value)}×${ratio.low === undefined ? "" : ` (${number(ratio.low)} – ${number(ratio.high)})`}`;
    title.textContent = `${label}: ${numbers.textContent}, ${word}`;
    numbers.before(mark);
    if (ratio.low === undefined) return;
    let d = `M${axis.at(ratio.low)} ${y}H${axis.at(ratio.high)}`;
    if (ratio.low < axis.low) d += `M${axis.start + 4} ${y - 3}l-4 3l4 3`;
    if (ratio.high > axis.high) d += `M${axis.end - 4} ${y - 3}l4 3l-4 3`;
    mark.before(shape("path", { d, fill: "none", "stroke-width": 1.4, class: `line-${ratio.mark}` }));
  };

  const show = (wish) => {
    const base = wish === own || wish === "" ? null : Number(wish);
    for (const cell of document.querySelectorAll("td[data-key]")) fill(cell, base);
    if (base === null) restoreMeans();
    else means(base);
    for (const picture of document.querySelectorAll("svg.forest")) redraw(picture, base);
    const title = choice.selectedOptions[0].textContent;
    for (const [element, text] of bases) element.textContent = base === null ? text : title;
  };

  return { choice, own, show };
})();

if (ratios.choice) {
  ratios.choice.addEventListener("change", () => {
    const { value } = ratios.choice;
    state.set("rel", value === ratios.own ? "" : value);
    ratios.show(value);
    filter.apply();
    announce(`Ratios are relative to ${ratios.choice.selectedOptions[0].textContent}`);
  });
  state.onRestore(() => {
    const wish = state.get("rel");
    const known = Array.from(ratios.choice.options, (option) => option.value);
    ratios.choice.value = known.includes(wish) ? wish : ratios.own;
    ratios.show(ratios.choice.value);
  });
}
