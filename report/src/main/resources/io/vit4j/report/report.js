"use strict";
(function () {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const root = document.documentElement;
  // Okabe and Ito's colours, told apart by most of the colour-blind; beyond seven, by dashes.
  const LIGHT = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07900", "#3a9bd9", "#5f6b76"];
  const DARK = ["#4fb0ea", "#ff8d4d", "#2ecc9b", "#eba6cb", "#f0b945", "#9bd8fa", "#aab6c2"];
  const DASHES = [[], [9, 4], [2, 3]];
  const plots = [];
  let touched = 0;

  const style = name => getComputedStyle(root).getPropertyValue(name).trim();
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const color = i => (isDark() ? DARK : LIGHT)[i % LIGHT.length];

  function number(value) {
    if (value == null || !isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
    return String(+value.toPrecision(4));
  }

  /** All series on the sorted union of their x; nulls where a series has no point. */
  function joined(chart) {
    const tables = chart.series.map(s => [s.x, s.y]);
    if (tables.length === 1) return tables[0];
    return uPlot.join(tables);
  }

  function csvCell(text) {
    let cell = String(text);
    if (/^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(cell) && isNaN(Number(cell))) cell = "'" + cell;
    return /[",\n\r]/.test(cell) ? '"' + cell.replace(/"/g, '""') + '"' : cell;
  }

  function csv(chart) {
    const table = joined(chart);
    const lines = [[chart.x].concat(chart.series.map(s => s.name)).map(csvCell).join(",")];
    for (let i = 0; i < table[0].length; i++) lines.push(table.map(column => column[i] == null ? "" : column[i]).join(","));
    return lines.join("\r\n") + "\r\n";
  }

  function download(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function axis(label) {
    return {
      label, labelSize: 20, labelGap: 0, gap: 4, labelFont: "12px system-ui, sans-serif", font: "12px system-ui, sans-serif",
      stroke: style("--soft"), grid: { stroke: style("--hair"), width: 1 }, ticks: { stroke: style("--line"), width: 1, size: 5 },
      values: (u, splits) => splits.map(v => v == null ? "" : number(v)),
    };
  }

  /** The line on which y is x: what chance, perfect calibration or perfect predictions would draw. */
  function diagonal(u) {
    const ctx = u.ctx;
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    ctx.beginPath();
    ctx.strokeStyle = style("--faint");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    const { min, max } = u.scales.x;
    ctx.moveTo(u.valToPos(min, "x", true), u.valToPos(min, "y", true));
    ctx.lineTo(u.valToPos(max, "x", true), u.valToPos(max, "y", true));
    ctx.stroke();
    ctx.restore();
  }

  /** What the cursor is nearest to, in words. */
  function tooltip(chart) {
    let tip;
    return {
      hooks: {
        init: u => {
          tip = document.createElement("div");
          tip.className = "tip";
          tip.hidden = true;
          u.over.appendChild(tip);
          u.over.addEventListener("mouseleave", () => { tip.hidden = true; });
        },
        setCursor: u => {
          const { left, top, idxs, idx } = u.cursor;
          let best = null;
          let distance = 40;
          for (let s = 1; s < u.series.length; s++) {
            if (!u.series[s].show) continue;
            const at = idxs ? idxs[s] : idx;
            const y = at == null ? null : u.data[s][at];
            if (y == null) continue;
            const away = Math.abs(u.valToPos(y, "y") - top);
            if (away < distance) { distance = away; best = { s, at, y }; }
          }
          tip.hidden = best == null || left < 0;
          if (tip.hidden) return;
          tip.textContent = u.series[best.s].label + ": " + number(best.y) + "  (" + chart.x.toLowerCase() + " " + number(u.data[0][best.at]) + ")";
          const width = tip.offsetWidth;
          tip.style.left = Math.max(0, Math.min(u.over.clientWidth - width, left + 14)) + "px";
          tip.style.top = (top > 40 ? top - 36 : top + 16) + "px";
        },
      },
    };
  }

  /** The nearest point of each series that has one near: series need not share their x. */
  function nearest(u, seriesIndex, index) {
    if (seriesIndex === 0 || u.data[seriesIndex][index] != null) return index;
    const values = u.data[seriesIndex];
    for (let d = 1; d < values.length; d++) {
      if (values[index - d] != null) return index - d;
      if (values[index + d] != null) return index + d;
      if (index - d < 0 && index + d >= values.length) break;
    }
    return index;
  }

  /** The legend's entries, one a line of the chart. */
  function legend(u) {
    const entries = Array.from(u.root.querySelectorAll(".u-legend .u-series th"));
    return entries.slice(entries.length - (u.series.length - 1));
  }

  function build(figure, width) {
    const chart = data.charts[figure.dataset.chart];
    const target = figure.querySelector(".plot");
    const before = figure.uplot;
    const shown = before ? before.series.map(s => s.show) : null;
    if (before) before.destroy();
    const table = joined(chart);
    const w = width || target.clientWidth;
    const options = {
      width: w,
      height: chart.square ? Math.min(Math.max(260, w * 0.72), 420) : Math.max(230, Math.min(300, w * 0.52)),
      scales: {
        x: { time: false, range: chart.xRange ? () => chart.xRange : undefined },
        y: chart.yRange ? { range: () => chart.yRange } : chart.fromZero ? { range: (u, min, max) => [Math.min(0, min), max > 0 ? max * 1.06 : 1] } : {},
      },
      series: [{ label: chart.x, value: (u, v) => number(v) }].concat(chart.series.map((s, i) => {
        const c = s.color == null ? i : s.color;
        return {
          label: s.name, stroke: s.faint ? color(c) + "66" : color(c), width: s.faint ? 1 : 2, paths: s.scatter ? () => null : undefined,
          dash: s.color == null ? DASHES[Math.floor(i / LIGHT.length) % DASHES.length] : [],
          spanGaps: true, show: shown ? shown[i + 1] : !s.off,
          points: { show: !!s.points || s.x.length === 1, size: s.scatter ? 5 : 7, fill: color(c) }, value: (u, v) => number(v),
        };
      })),
      axes: [Object.assign(axis(chart.x), { size: 30 }), Object.assign(axis(chart.y), { size: 52 })],
      cursor: { focus: { prox: 24 }, drag: { x: true, y: true, uni: 40 }, dataIdx: nearest, points: { size: 7 } },
      focus: { alpha: 0.25 },
      legend: { live: false },
      hooks: { draw: chart.diagonal ? [diagonal] : [] },
      plugins: [tooltip(chart)],
    };
    if (!options.scales.x.range) delete options.scales.x.range;
    const u = new uPlot(options, table, target);
    figure.uplot = u;
    legend(u).forEach((th, at) => {
      const i = at + 1;
      const marker = th.querySelector(".u-marker");
      const s = options.series[i];
      if (marker) marker.style.border = "0";
      if (marker) marker.style.borderTop = "3px " + (s.dash.length ? (s.dash[0] > 4 ? "dashed " : "dotted ") : "solid ") + s.stroke;
      th.tabIndex = 0;
      th.setAttribute("role", "switch");
      th.setAttribute("aria-checked", String(s.show));
      th.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); th.click(); } });
      th.addEventListener("click", () => { touched = Date.now(); setTimeout(() => th.setAttribute("aria-checked", String(u.series[i].show)), 0); });
    });
    return u;
  }

  function tools(figure) {
    const chart = data.charts[figure.dataset.chart];
    const caption = figure.querySelector("figcaption");
    const add = (text, title, action) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.title = title;
      button.addEventListener("click", action);
      caption.appendChild(button);
    };
    if (chart.series.length > 4) {
      add("All", "Show every line", () => show(figure, () => true));
      add("None", "Hide every line; then choose below", () => show(figure, () => false));
    }
    add("Reset", "Undo the zoom (drag in the chart to zoom)", () => build(figure));
    add("CSV", "The numbers behind this chart", () => download(data.name + "-" + figure.dataset.chart + ".csv", csv(chart)));
  }

  function show(figure, which) {
    const u = figure.uplot;
    u.batch(() => u.series.forEach((s, i) => { if (i > 0) u.setSeries(i, { show: which(i) }); }));
    legend(u).forEach((th, at) => th.setAttribute("aria-checked", String(u.series[at + 1].show)));
  }

  const figures = Array.from(document.querySelectorAll("figure.chart"));
  const rebuild = width => figures.forEach(f => build(f, width));
  figures.forEach(f => { tools(f); build(f); });
  if (window.ResizeObserver) {
    const observer = new ResizeObserver(entries => entries.forEach(e => {
      const figure = e.target.closest("figure");
      const w = e.target.clientWidth;
      if (figure.uplot && w > 0 && Math.abs(figure.uplot.width - w) > 1) figure.uplot.setSize({ width: w, height: figure.uplot.height });
    }));
    figures.forEach(f => observer.observe(f.querySelector(".plot")));
  }

  // Theme: as the system's, or as chosen here.
  const themeButton = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  function theme(name) {
    if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
    themeButton.textContent = "Theme: " + name;
    rebuild();
  }
  let chosen = "auto";
  try { chosen = localStorage.getItem("vit4j-theme") || "auto"; } catch (e) { /* a file page may have no storage */ }
  if (themes.indexOf(chosen) < 0) chosen = "auto";
  if (chosen !== "auto") theme(chosen);
  themeButton.addEventListener("click", () => {
    chosen = themes[(themes.indexOf(chosen) + 1) % themes.length];
    try { localStorage.setItem("vit4j-theme", chosen); } catch (e) { /* then it lasts until the page is closed */ }
    theme(chosen);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => rebuild());

  // Paper is white, and two charts stand side by side on it.
  let beforePrint = null;
  window.addEventListener("beforeprint", () => { beforePrint = root.dataset.theme || ""; root.dataset.theme = "light"; rebuild(296); });
  window.addEventListener("afterprint", () => { if (beforePrint) root.dataset.theme = beforePrint; else delete root.dataset.theme; rebuild(); });

  // Tables whose headings sort.
  document.querySelectorAll("th[data-sort]").forEach(th => {
    th.tabIndex = 0;
    const sort = () => {
      const table = th.closest("table");
      const body = table.tBodies[0];
      const column = Array.from(th.parentNode.children).indexOf(th);
      const up = th.getAttribute("aria-sort") === "descending";
      table.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = row => { const cell = row.children[column]; return cell.dataset.v != null ? Number(cell.dataset.v) : cell.textContent.toLowerCase(); };
      const rows = Array.from(body.rows).filter(row => !row.classList.contains("sum"));
      const rest = Array.from(body.rows).filter(row => row.classList.contains("sum"));
      rows.sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); });
      rows.concat(rest).forEach(row => body.appendChild(row));
    };
    th.addEventListener("click", sort);
    th.addEventListener("keydown", e => { if (e.key === "Enter") sort(); });
  });
  document.querySelectorAll("button[data-csv]").forEach(button => button.addEventListener("click", () => {
    const rows = Array.from(document.getElementById(button.dataset.csv).querySelectorAll("tr"));
    const text = rows.map(row => Array.from(row.children).filter(c => !c.classList.contains("bar-cell")).map(c => csvCell(c.textContent)).join(",")).join("\r\n");
    download(data.name + "-" + button.dataset.csv + ".csv", text + "\r\n");
  }));

  // One of several tables at a time.
  document.querySelectorAll(".switch button").forEach(button => button.addEventListener("click", () => {
    const group = button.closest(".card");
    group.querySelectorAll(".switch button").forEach(b => b.setAttribute("aria-pressed", String(b === button)));
    group.querySelectorAll(".rule").forEach(rule => { rule.hidden = rule.dataset.rule !== button.dataset.rule; });
  }));
  document.querySelectorAll(".slider input").forEach(input => input.addEventListener("input", () => {
    document.querySelectorAll(".pictures").forEach(p => p.style.setProperty("--over", input.value / 100));
  }));

  // While the run goes on: look again, but never under the reader's hands.
  ["pointerdown", "keydown", "wheel", "touchstart"].forEach(type => window.addEventListener(type, () => { touched = Date.now(); }, { passive: true }));
  if (data.running) setInterval(() => {
    if (document.visibilityState === "visible" && Date.now() - touched > 20000) location.reload();
  }, 10000);
  root.dataset.ready = "true";
})();
