// What is shown: boxes and text decide on subjects, text on workloads too. Rows, legend entries and the parts of charts
// carry data-subject or data-workload.
const filter = (() => {
  const form = document.getElementById("filter");
  const boxes = Array.from(form.querySelectorAll("input[type=checkbox][data-subject-box]"));
  const search = document.getElementById("filter-text");
  const workloads = Array.from(document.querySelectorAll("section.workload"), (section) => ({
    place: section.dataset.workload, title: section.querySelector("h2").textContent.toLowerCase(),
  }));
  const titleOf = (box) => box.closest("label").textContent.trim().toLowerCase();

  // The titles that hold one of the words; all of them when no word is about any.
  const matching = (things, words) => {
    const about = words.filter((word) => things.some(({ title }) => title.includes(word)));
    return about.length > 0 ? things.filter(({ title }) => about.some((word) => title.includes(word))) : things;
  };

  const apply = () => {
    const words = search.value.toLowerCase().split(",").map((word) => word.trim()).filter((word) => word);
    const subjects = boxes.map((box) => ({ box, place: box.value, title: titleOf(box) }));
    const anything = words.length === 0 || words.some((word) => [...subjects, ...workloads].some(({ title }) => title.includes(word)));
    const found = new Set(anything ? matching(subjects, words).map(({ place }) => place) : []);
    const kept = new Set(anything ? matching(workloads, words).map(({ place }) => place) : []);
    const shown = new Set(subjects.filter(({ box, place }) => box.checked && found.has(place)).map(({ place }) => place));
    for (const { box, place } of subjects) {
      box.closest("label").classList.toggle("unchecked", !box.checked);
      box.closest("label").classList.toggle("off", !found.has(place));
    }
    for (const element of document.querySelectorAll("main [data-subject], main [data-workload]")) {
      const { subject, workload } = element.dataset;
      const hidden = (subject !== undefined && !shown.has(subject)) || (workload !== undefined && !kept.has(workload));
      element.classList.toggle("off", hidden);
    }
    const all = new Set(workloads.map(({ place }) => place)).size;
    return `${shown.size} of ${boxes.length} subjects and ${kept.size} of ${all} workloads are shown`;
  };

  const remember = () => {
    state.set("hide", boxes.filter((box) => !box.checked).map((box) => box.value).join(","));
    state.set("find", search.value.trim());
    announce(apply());
  };

  for (const box of boxes) box.addEventListener("change", remember);
  search.addEventListener("input", remember);
  form.addEventListener("submit", (event) => event.preventDefault());
  state.onRestore(() => {
    const hidden = new Set(state.get("hide").split(","));
    for (const box of boxes) box.checked = !hidden.has(box.value);
    search.value = state.get("find");
    apply();
  });
  return {
    apply,
    reset: () => {
      for (const box of boxes) box.checked = true;
      search.value = "";
      remember();
    },
  };
})();
