"use strict";
// Asks every two seconds how the run stands, and draws what has changed.
(() => {
  const EVERY = 2000;
  const page = document.documentElement;
  const at = id => document.getElementById(id);
  const charts = new Map();
  let wanted = new URLSearchParams(location.hash.slice(1)).get("stage");
  let seen = "";
  let run = null;

  addEventListener("error", event => { page.dataset.error = event.message; });

  function element(name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function time(seconds) {
    const s = Math.round(seconds);
    if (s < 60) return `${s} s`;
    return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  }

  const digits = value => value === null || value === undefined ? "–" : String(+value.toPrecision(4));
  const shown = () => run.runs.find(one => one.name === run.shown) ?? run.runs[0];

  function head() {
    const one = shown();
    at("title").textContent = run.title;
    const state = run.working ? "running" : run.runs[0]?.state ?? "not there yet";
    document.title = `${one?.steps ? `${one.step}/${one.steps} ` : ""}${run.title} · Plumbline watch`;
    at("state").textContent = state;
    at("state").className = "chip " + ({ok: "good", failed: "bad", interrupted: "bad"}[state] ?? "");
    const facts = [run.folder];
    if (one) {
      facts.push(`${one.title}: step ${one.step}${one.steps ? " of " + one.steps : ""}`);
      if (one.seconds_per_step) facts.push(`${+one.seconds_per_step.toPrecision(3)} s a step`);
      if (one.seconds_left !== undefined) facts.push(time(one.seconds_left) + " left");
    }
    at("facts").textContent = facts.join(" · ");
    const bar = at("progress");
    bar.hidden = !one?.steps;
    if (one?.steps) {
      bar.max = one.steps;
      bar.value = one.step;
    }
  }

  function stages() {
    const list = run.runs.filter(one => one.name !== "." || run.runs.length === 1);
    at("stages").replaceChildren(...list.map(one => {
      const made = element("button");
      made.type = "button";
      made.dataset.stage = one.name;
      made.append(element("span", undefined, "dot " + one.state), `${one.name === "." ? one.title : one.name} `, element("small", one.state));
      made.setAttribute("aria-current", one.name === run.shown);
      made.disabled = one.step === 0 && one.name !== run.shown;
      made.addEventListener("click", () => choose(one.name));
      return made;
    }));
  }

  function choose(name) {
    wanted = name;
    location.hash = new URLSearchParams({stage: name});
    seen = "";
    ask();
  }

  function health() {
    const lines = run.runs.filter(one => one.name === run.shown || one.state === "failed" || one.name === ".")
      .flatMap(one => one.health);
    const list = element("ul", undefined, "lines");
    const unique = [...new Map(lines.map(line => [line.text, line])).values()];
    unique.sort((a, b) => b.bad - a.bad).forEach(line => list.append(element("li", line.text, line.bad ? "bad" : "warn")));
    if (unique.length === 0) list.append(element("li", run.runs.length ? "No alarm rings, no warning." : "There is no run in this folder yet.", "good"));
    if (at("health").textContent !== list.textContent) at("health").replaceChildren(list);
  }

  function colour(name) {
    return getComputedStyle(page).getPropertyValue(name).trim();
  }

  function figure(drawn) {
    const place = element("figure");
    const caption = element("figcaption");
    const small = element("small", drawn.group);
    small.append(element("code", drawn.metrics.join(" ")));
    caption.append(element("span", "", "now"), small, element("b", drawn.title), element("span", drawn.meaning));
    const chart = element("div", undefined, "chart");
    chart.setAttribute("role", "img");
    place.append(caption, chart);
    return place;
  }

  function curves() {
    const figures = run.figures ?? [];
    const order = run.shown + figures.map(drawn => drawn.id + drawn.metrics).join();
    if (at("curves").dataset.order !== order) {
      charts.forEach(chart => chart.dispose());
      charts.clear();
      at("curves").replaceChildren(...figures.map(drawn => {
        const made = figure(drawn);
        made.id = "figure-" + drawn.id;
        return made;
      }));
      at("curves").dataset.order = order;
      figures.forEach(drawn => charts.set(drawn.id, echarts.init(at("figure-" + drawn.id).querySelector(".chart"))));
    }
    draw();
  }

  function draw() {
    for (const drawn of run?.figures ?? []) {
      const option = plots.curve(drawn.plot, colour);
      // Tooltips of HTML would bring styles of their own, which this page does not allow.
      option.tooltip.renderMode = "richText";
      charts.get(drawn.id).setOption(option, true);
      const last = drawn.plot.lines.map(line => digits(line.points.at(-1)?.[1])).join(" / ");
      const place = at("figure-" + drawn.id);
      place.querySelector(".now").textContent = last;
      place.querySelector(".chart").setAttribute("aria-label", `${drawn.title}, now ${last}. ${drawn.meaning}`);
    }
    page.dataset.drawn = charts.size;
  }

  function samples() {
    const list = (run.samples ?? []).slice().reverse().filter(one => typeof one.response === "string");
    at("samples").hidden = list.length === 0;
    at("sample-list").replaceChildren(...list.map(one => {
      const made = element("div", undefined, "sample");
      made.append(element("h3", one.step === undefined ? "Sample" : `Step ${one.step}`), element("div", one.prompt, "prompt"));
      const response = element("div", undefined, "response");
      const title = element("h4", "Response");
      Object.entries(one.scores ?? {}).forEach(([name, value]) => title.append(element("span", `${name} ${digits(value)}`, "chip")));
      response.append(title, element("div", one.response, "text"));
      made.append(response);
      return made;
    }));
  }

  let asking = null;
  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const query = new URLSearchParams({seen});
    if (wanted) query.set("stage", wanted);
    try {
      const answer = await fetch("run?" + query, {signal: asking.signal});
      if (answer.status === 200) {
        run = await answer.json();
        seen = run.version;
        head();
        stages();
        health();
        curves();
        samples();
      }
      at("lost").hidden = answer.ok;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof TypeError)) throw error;
      at("lost").hidden = false;
    }
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => charts.forEach(chart => chart.resize()), 100);
  });
  ask();
  setInterval(ask, EVERY);
})();
