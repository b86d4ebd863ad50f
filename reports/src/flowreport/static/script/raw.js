// The raw data: one CSV line per sample, or per trial that has none. It lies compressed in the address of a link, and is
// unpacked when somebody asks for it.
(() => {
  const unpack = async () => {
    if (typeof DecompressionStream === "undefined") throw new Error("this browser cannot unpack gzip");
    const packed = atob(document.getElementById("raw-data").href.split(",")[1]);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  let unpacked = null;
  const source = () => (unpacked ??= unpack());

  // A spreadsheet runs a text that starts like a formula (CWE-1236), so such a text gets an apostrophe.
  const csvField = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    const text = String(value).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd");
    const safe = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const csv = async () => {
    const data = JSON.parse(await source());
    const trialColumns = data.trial_columns.slice(0, -2);
    const sampleColumns = data.sample_columns.map((name) => `sample_${name}`);
    const lines = [[...trialColumns, ...sampleColumns].map(csvField).join(",")];
    for (const trial of data.trials) {
      const own = trial.slice(0, -2);
      const samples = trial[trial.length - 1];
      for (const sample of samples.length ? samples : [sampleColumns.map(() => null)]) {
        lines.push([...own, ...sample].map(csvField).join(","));
      }
    }
    return `${lines.join("\r\n")}\r\n`;
  };

  const status = document.getElementById("raw-status");
  const download = (name, type, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    status.textContent = `${name} saved`;
  };

  const copy = (text) => {
    // The clipboard API is absent on file: in some browsers; a selected text field always works.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    status.textContent = done ? "CSV copied" : "The browser did not allow copying: download it instead";
  };

  const onClick = (id, act) =>
    document.getElementById(id).addEventListener("click", () =>
      act().catch((error) => {
        status.textContent = `${error.message}: save the compressed JSON instead`;
      }),
    );
  onClick("csv-download", async () => download("trials.csv", "text/csv", await csv()));
  onClick("json-download", async () => download("run.json", "application/json", await source()));
  onClick("csv-copy", async () => copy(await csv()));
})();
