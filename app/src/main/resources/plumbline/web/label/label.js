"use strict";
// Everything here makes quicker what the page can do without it.
document.documentElement.classList.remove("no-script");

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// Formulas: text in spans, set as MathML; what is no formula stays as it was typed.
function setFormulas(root) {
  if (typeof katex === "undefined") return;
  for (const place of $$(".math:not([data-set])", root)) {
    const tex = place.textContent;
    try {
      const set = document.createElement("span");
      katex.render(tex, set, {
        output: "mathml", displayMode: place.classList.contains("display"), throwOnError: true,
        trust: false, strict: "ignore", maxExpand: 200, maxSize: 20,
      });
      place.replaceChildren(...set.childNodes);
    } catch (wrong) {
      place.textContent = tex;
    }
    place.dataset.set = "";
  }
}

// Asks before a step that cannot be taken back.
for (const form of $$("form[data-ask]")) {
  form.addEventListener("submit", event => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
}
for (const field of $$("[data-copy]")) {
  field.addEventListener("click", () => navigator.clipboard?.writeText(field.textContent.trim()));
}

// Moments in the reader's own time.
for (const moment of $$("time[datetime]")) {
  const when = new Date(moment.dateTime);
  if (!isNaN(when)) moment.textContent = when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

const task = $("#task");
if (task) startTask(task);
setFormulas(document);
document.addEventListener("htmx:afterSwap", event => setFormulas(event.target));

function startTask(form) {
  const rows = $$("[data-row]", form);
  let current = -1;
  let sending = false;

  // ---- time: only while the page is looked at
  let seconds = Number(form.elements.seconds?.value || 0);
  let seen = performance.now();
  const count = () => {
    const now = performance.now();
    if (!document.hidden) seconds += Math.min(60, (now - seen) / 1000);
    seen = now;
    if (form.elements.seconds) form.elements.seconds.value = seconds.toFixed(1);
  };
  setInterval(count, 1000);
  document.addEventListener("visibilitychange", () => { seen = performance.now(); if (document.hidden) keep(); });

  // ---- drafts: htmx sends them after a pause; what is typed in the last second goes when the page does
  let dirty = false;
  form.addEventListener("input", () => { dirty = true; });
  document.addEventListener("htmx:afterRequest", event => { if (event.detail.successful) dirty = false; });
  document.addEventListener("htmx:beforeRequest", event => { if (sending) event.preventDefault(); });
  const keep = () => {
    const draft = form.dataset.draft;
    if (dirty && !sending && draft) {
      count();
      navigator.sendBeacon(draft, new URLSearchParams(new FormData(form)));
      dirty = false;
    }
  };
  window.addEventListener("beforeunload", keep);
  window.addEventListener("pagehide", keep);

  // ---- rows: one question, or one line of it, is the one that keys answer
  function focusable(row) {
    return $("input[type=radio]:checked", row) || $("input[type=radio], select, textarea", row);
  }
  function go(index, focus = true) {
    rows[current]?.classList.remove("now");
    current = Math.max(0, Math.min(rows.length - 1, index));
    const row = rows[current];
    if (!row) return;
    row.classList.add("now");
    if (focus) focusable(row)?.focus();
  }
  function next() {
    let index = current + 1;
    while (index < rows.length && rows[index].dataset.row === "text" && !rows[index].querySelector("[required]")) index++;
    if (index < rows.length) go(index);
    else rows[current]?.classList.add("now");
  }
  rows.forEach((row, index) => row.addEventListener("focusin", () => go(index, false)));

  function answer(row, key) {
    const radio = $(`input[data-key="${key}"]`, row);
    if (radio) {
      radio.checked = true;
      radio.focus();
      radio.dispatchEvent(new Event("input", { bubbles: true }));
      return true;
    }
    const place = $("select[data-rank]", row);
    if (place && /^[0-9]$/.test(key) && [...place.options].some(option => option.value === (key === "0" ? "" : key))) {
      place.value = key === "0" ? "" : key;
      place.dispatchEvent(new Event("input", { bubbles: true }));
      return true;
    }
    return false;
  }

  // ---- rankings
  for (const list of $$(".ranks", form)) {
    const places = () => $$("select[data-rank]", list);
    const reads = $(".reads", list.parentElement);
    const tell = () => {
      const tiers = new Map();
      for (const place of places()) {
        if (place.value) tiers.set(Number(place.value), [...(tiers.get(Number(place.value)) || []), place.dataset.letter]);
      }
      reads.textContent = [...tiers.keys()].sort((a, b) => a - b).map(rank => tiers.get(rank).sort().join(" = ")).join("  >  ");
    };
    const number = () => {
      places().forEach((place, index) => { place.value = String(index + 1); });
      list.dispatchEvent(new Event("input", { bubbles: true }));
    };
    list.addEventListener("input", tell);
    tell();
    if (typeof Sortable !== "undefined") new Sortable(list, { animation: 120, handle: ".grip", onEnd: number });
    list.addEventListener("keydown", event => {
      const line = event.target.closest("li");
      if (!event.shiftKey || !line || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const focused = document.activeElement;
      if (event.key === "ArrowUp" && line.previousElementSibling) line.previousElementSibling.before(line);
      if (event.key === "ArrowDown" && line.nextElementSibling) line.nextElementSibling.after(line);
      focused.focus();
      number();
    });
  }

  // ---- the answer that is ahead stands out
  const mark = () => {
    const checked = $("[data-row=choice] input:checked", form);
    for (const card of $$(".answer[data-slot]")) card.classList.toggle("ahead", !!checked && checked.dataset.ahead === card.dataset.slot);
  };
  form.addEventListener("input", mark);
  mark();

  // ---- corrections begin with the answer that is chosen
  for (const which of $$("select[data-edits]", form)) {
    const area = form.elements[which.dataset.edits];
    let begun = area.value;
    which.addEventListener("input", () => {
      const original = $(`template[data-source="${which.value}"]`, form).content.textContent;
      if (area.value === begun || area.value.trim() === "") area.value = begun = original;
    });
  }

  form.addEventListener("submit", event => {
    count();
    if (sending) { event.preventDefault(); return; }
    sending = true;
    if (typeof htmx !== "undefined") htmx.trigger("#saved", "htmx:abort");
    setTimeout(() => { sending = false; }, 4000);
  });
  form.addEventListener("invalid", event => {
    const row = event.target.closest("[data-row]");
    if (row) go(rows.indexOf(row), false);
  }, true);

  // ---- keys
  const help = $("#help");
  const press = name => { const button = $(`[data-does="${name}"]`); if (button) button.click(); };
  const open = name => {
    const box = $(`details[data-does="${name}"]`);
    if (box) { box.open = true; $("select, textarea, input:not([type=hidden])", box).focus(); }
  };
  $$("[data-does=help]").forEach(button => button.addEventListener("click", () => help.showModal()));
  document.addEventListener("keydown", event => {
    if (event.defaultPrevented || event.altKey || event.metaKey || help?.open) return;
    const at = event.target;
    const typing = at.matches("textarea, input:not([type=radio], [type=checkbox])");
    if (event.key === "Enter" && (event.ctrlKey || (!typing && !at.matches("a, button, summary")))) {
      const other = at.closest("form");
      if (other && other !== form && !other.closest("details")) return;
      event.preventDefault();
      if (other && other !== form) { other.requestSubmit(); return; }
      form.requestSubmit();
      return;
    }
    if (event.key === "Escape") { at.closest("details[data-does]")?.removeAttribute("open"); at.blur(); return; }
    if (typing || event.ctrlKey || (at.closest("form") && at.closest("form") !== form && at.matches("select"))) return;
    const key = event.key.toLowerCase();
    if (key === "arrowdown" || key === "j") { event.preventDefault(); go(current + 1); return; }
    if (key === "arrowup" || key === "k") { event.preventDefault(); go(current - 1); return; }
    if (key === "backspace" || key === "delete") { if (answer(rows[Math.max(0, current)], "0")) event.preventDefault(); return; }
    if (/^[0-9tb]$/.test(key)) {
      if (current < 0) go(0);
      if (answer(rows[current], key)) { event.preventDefault(); next(); }
      return;
    }
    const does = { s: () => open("skip"), d: () => open("discard"), u: () => press("undo"), g: () => $("#guidelines")?.toggleAttribute("open"),
      c: () => $("textarea", form)?.focus(), "?": () => help?.showModal() }[key];
    if (does) { event.preventDefault(); does(); }
  });

  if (matchMedia("(max-width: 1179px)").matches) $("#guidelines")?.removeAttribute("open");
  if (rows.length && !matchMedia("(pointer: coarse)").matches) go(0, false);
}
