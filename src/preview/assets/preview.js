// The preview's page. Everything that comes from books is put in by textContent; nothing is markup.
(() => {
'use strict';
const payload = JSON.parse(document.getElementById('data').textContent);
let outline = payload.outline;
let pages = outline.pages;
const lang = document.documentElement.lang || 'en';
const WORDS = {
  en: {log: 'Query log', dark: 'Dark', light: 'Light', clear: 'Clear selection', all: 'All', pages: 'Pages', copy: 'Copy', copied: 'Copied', rows: 'rows', ms: 'ms',
    need: 'This selection is not part of the file. For all of them, start', none: 'No data', total: 'Total', back: 'Back', from: 'From', to: 'To', cut: 'More rows than are shown here', cutSeries: 'More series than are shown here',
    cannot: 'This visual is shown as a table: the preview cannot draw', pick: 'Select a value first', open: 'Open', selected: 'selected', blank: '(Blank)', close: 'Close', other: 'Other', table: 'Data of', problem: 'The model has errors; the page shows it as it was before', gone: 'The server has stopped; the figures are as they were'},
  fr: {log: 'Journal des requêtes', dark: 'Sombre', light: 'Clair', clear: 'Effacer la sélection', all: 'Tout', pages: 'Pages', copy: 'Copier', copied: 'Copié', rows: 'lignes', ms: 'ms',
    need: 'Cette sélection ne fait pas partie du fichier. Pour toutes, lancez', none: 'Aucune donnée', total: 'Total', back: 'Retour', from: 'Du', to: 'Au', cut: 'Il y a plus de lignes que celles montrées ici', cutSeries: 'Il y a plus de séries que celles montrées ici',
    cannot: 'Ce visuel est montré en tableau : l’aperçu ne sait pas dessiner', pick: 'Sélectionnez d’abord une valeur', open: 'Ouvrir', selected: 'sélectionné', blank: '(Vide)', close: 'Fermer', other: 'Autres', table: 'Données de', problem: 'Le modèle contient des erreurs ; la page le montre tel qu’il était avant', gone: 'Le serveur est arrêté ; les chiffres sont ceux d’avant'},
  nl: {log: 'Querylogboek', dark: 'Donker', light: 'Licht', clear: 'Selectie wissen', all: 'Alles', pages: 'Pagina’s', copy: 'Kopiëren', copied: 'Gekopieerd', rows: 'rijen', ms: 'ms',
    need: 'Deze selectie staat niet in het bestand. Start voor alle selecties', none: 'Geen gegevens', total: 'Totaal', back: 'Terug', from: 'Van', to: 'Tot', cut: 'Er zijn meer rijen dan hier staan', cutSeries: 'Er zijn meer reeksen dan hier staan',
    cannot: 'Dit visuele element staat hier als tabel: het voorbeeld tekent geen', pick: 'Selecteer eerst een waarde', open: 'Openen', selected: 'geselecteerd', blank: '(Leeg)', close: 'Sluiten', other: 'Overige', table: 'Gegevens van', problem: 'Het model bevat fouten; de pagina toont het zoals het was', gone: 'De server is gestopt; de cijfers zijn die van daarvoor'},
};
const W = WORDS[lang] || WORDS.en;

const FONT = '"Segoe UI", "Open Sans", "Noto Sans", "Liberation Sans", system-ui, sans-serif';

// ---------- small helpers
const el = (tag, attrs, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attrs || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === 'text') node.textContent = value;
    else if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'style') Object.assign(node.style, value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
};
const rgb = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
const luminance = hex => { const [r, g, b] = rgb(hex).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const mix = (a, b, t) => '#' + rgb(a).map((c, i) => Math.round(c + (rgb(b)[i] - c) * t).toString(16).padStart(2, '0')).join('');
const isHex = c => typeof c === 'string' && /^#[0-9a-fA-F]{6}$/.test(c);
// A colour that is seen on the paper: text 4.5 : 1, marks 3 : 1.
const seen = (color, ratio, on) => {
  const back = on || paper();
  const away = luminance(back) < 0.3 ? '#ffffff' : '#000000';
  for (let t = 0; t <= 1; t += 0.1) { const c = mix(color, away, t); if (contrast(c, back) >= ratio) return c; }
  return away;
};
let isDark = false;
const ground = () => isDark ? '#12181f' : '#f3f5f7';
const paper = () => isDark ? '#1d252e' : '#ffffff';
const ink = () => isDark ? '#e8edf2' : '#1b2733';
const muted = () => isDark ? '#aeb9c4' : '#55636f';
const foot = () => isDark ? '#26313c' : '#eaf0f5';
const line = () => isDark ? '#3a4652' : '#d9dfe4';
let palette = [];
const setPalette = () => {
  palette = (Array.isArray(outline.colors) ? outline.colors : []).filter(isHex);
  if (!palette.length) palette.push('#1f5f8b', '#a8440f', '#0f7b73', '#7a5195', '#c98b00');
};
setPalette();
const resolve = color => {
  if (isHex(color)) return color;
  if (color && typeof color.theme === 'number') return color.theme < 2 ? (color.theme ? ink() : paper()) : palette[(color.theme - 2) % palette.length];
  return null;
};
// Lines and bars in the colour of the text stay in it.
const mark = color => isDark && luminance(color) < 0.03 ? ink() : seen(color, 3);
const sign = name => mark(isHex(outline.signs && outline.signs[name]) ? outline.signs[name] : {good: '#0f7b73', bad: '#a8440f', neutral: '#7f8e9b'}[name]);

// ---------- texts of values
const ISO = /^(\d{4})-(\d\d)-(\d\d)$/;
const shortMonth = text => text.replace('Sept', 'Sep').replace('.', '');
// Making a formatter takes far longer than using it, and the same days come again on many visuals.
const formatters = new Map();
const formatter = options => {
  const key = JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, {timeZone: 'UTC', ...options}));
  return formatters.get(key);
};
const dayTexts = new Map();
const dateText = (iso, format) => {
  const key = `${iso}|${format || ''}`;
  let text = dayTexts.get(key);
  if (text === undefined) { text = writtenDay(iso, format); if (dayTexts.size > 20000) dayTexts.clear(); dayTexts.set(key, text); }
  return text;
};
const writtenDay = (iso, format) => {
  const m = ISO.exec(iso);
  if (!m) return iso;
  const day = new Date(Date.UTC(+m[1], +m[2] - 1, +m[3]));
  const part = options => formatter(options).format(day);
  if (!format || /^(short date|general date)$/i.test(format)) return shortMonth(part({day: 'numeric', month: 'short', year: 'numeric'}));
  if (/^long date$/i.test(format)) return part({dateStyle: 'long'});
  return format.replace(/\\(.)|"([^"]*)"|yyyy|yy|y|MMMM|MMM|MM|M|mmmm|mmm|mm|m|dddd|ddd|dd|d/g, (t, escaped, quoted) => {
    if (escaped !== undefined) return escaped;
    if (quoted !== undefined) return quoted;
    switch (t) {
      case 'yyyy': return m[1];
      case 'yy': case 'y': return m[1].slice(2);
      case 'MMMM': case 'mmmm': return part({month: 'long'});
      case 'MMM': case 'mmm': return shortMonth(part({month: 'short'}));
      case 'MM': case 'mm': return m[2];
      case 'M': case 'm': return String(+m[2]);
      case 'dddd': return part({weekday: 'long'});
      case 'ddd': return part({weekday: 'short'});
      case 'dd': return m[3];
      default: return String(+m[3]);
    }
  });
};
const groupText = (value, column) => {
  if (value === null || value === undefined || value === '') return W.blank;
  if (typeof value === 'string') return ISO.test(value) ? dateText(value, column && column.format) : value;
  return String(value);
};
const compact = new Intl.NumberFormat(lang === 'en' ? 'en-GB' : lang, {notation: 'compact', maximumFractionDigits: 1});
const axisText = isShare => value => isShare ? `${Math.round(value * 1000) / 10}%` : compact.format(value);

// ---------- where answers come from: pre-computed or the server; one interface
const keyOf = selections => selections.map(s => `${s.column}=${JSON.stringify(s.values)}`).sort().join('&');
const known = new Map();
const MOST_KNOWN = 300;
// Counts takeovers of a rebuilt report: an answer of before is not kept.
let generation = 0;
const asking = new Map();
// The file keeps the query without a selection; with one, its filters are written into it as the server does.
const constant = value => typeof value === 'string' ? (ISO.test(value) ? `DATE ( ${value.split('-').map(Number).join(', ')} )` : `"${value.replace(/"/g, '""')}"`) : value === null ? 'BLANK ()' : value === true ? 'TRUE ()' : value === false ? 'FALSE ()' : String(value);
const withSelections = (dax, selections) => {
  const names = selections.map((_, i) => `__Selection${i + 1}`);
  const tables = selections.map((s, i) => `\tVAR ${names[i]} =\n\t\tTREATAS ( { ${s.values.map(constant).join(', ')} }, ${s.column} )\n`).join('');
  const at = dax.lastIndexOf('SUMMARIZECOLUMNS (\n');
  if (at < 0) return dax;
  const lines = dax.slice(at).split('\n');
  const end = lines.indexOf('\t\t)');
  const first = lines.findIndex((line, i) => i > 0 && i < end && line.startsWith('\t\t\t"'));
  if (end < 0) return dax;
  if (first > 0) lines.splice(first, 0, ...names.map(n => `\t\t\t${n},`));
  else { lines[end - 1] += ','; lines.splice(end, 0, ...names.map((n, i) => `\t\t\t${n}${i < names.length - 1 ? ',' : ''}`)); }
  return (dax.slice(0, at) + lines.join('\n')).replace('DEFINE\n', () => `DEFINE\n${tables}`);
};
const overBase = (page, changed, selections) => {
  const out = {};
  for (const [name, answer] of Object.entries(payload.base[page])) {
    const other = changed[name];
    out[name] = other ? {...answer, ...other, data: answer.data ? {...answer.data, error: undefined, ...other.data, dax: (answer.data.dax || []).map(dax => withSelections(dax, selections))} : undefined} : answer;
  }
  return out;
};
const source = {
  /** Answers that are at hand without waiting. */
  peek(page, selections) {
    if (!selections.length && payload.base[page]) return payload.base[page];
    const key = `${page}|${keyOf(selections)}`;
    if (known.has(key)) return known.get(key);
    const changed = payload.variants[key];
    if (!changed) return null;
    const answers = overBase(page, changed, selections);
    known.set(key, answers);
    return answers;
  },
  /** Answers, or null when nobody can compute them. */
  async page(page, selections) {
    const ready = this.peek(page, selections);
    if (ready || !payload.serve) return ready;
    const key = `${page}|${keyOf(selections)}`;
    if (asking.has(key)) return asking.get(key);
    const asked = this.ask(page, selections, key).finally(() => { if (asking.get(key) === asked) asking.delete(key); });
    asking.set(key, asked);
    return asked;
  },
  async ask(page, selections, key) {
    const body = JSON.stringify({page, selections: selections.map(({column, values}) => ({column, values}))});
    const now = generation;
    const response = await fetch('/api/query', {method: 'POST', headers: {'content-type': 'application/json'}, body});
    if (!response.ok) return null;
    const answers = await response.json();
    if (now !== generation) return this.page(page, selections);
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value);
    known.set(key, answers);
    return answers;
  },
};

// ---------- state
const hash = new URLSearchParams(location.hash.slice(1));
const state = {page: 0, slicers: new Map(), mark: null, drill: null, history: [], open: new Map(), log: false};
const named = name => pages.findIndex(p => p.name === name);
const columnOf = v => v.fields.length ? v.fields[0].column : null;
const slicerKey = (page, v) => v.sync ? `*${v.sync}` : `${page}/${v.id}`;
// What slicers have chosen when the report is opened; those that nobody sees keep it.
const chooseAtFirst = onlyHidden => pages.forEach((p, i) => {
  for (const one of p.chosen || []) if (one.hidden || !onlyHidden) state.slicers.set(slicerKey(i, one), {column: one.column, values: one.values, page: one.sync ? null : i, hidden: one.hidden});
});
chooseAtFirst(false);
const clear = () => { state.mark = null; state.slicers.clear(); chooseAtFirst(true); refresh(); };
const selectionsOf = (page, withMark) => {
  const by = new Map();
  for (const one of state.slicers.values()) if (one.page === null || one.page === page) by.set(one.column, one.values);
  if (state.drill && state.drill.page === page) by.set(state.drill.column, state.drill.values);
  if (withMark && state.mark && state.mark.page === page) by.set(state.mark.column, state.mark.values);
  return [...by].map(([column, values]) => ({column, values}));
};

// ---------- frame
const app = document.getElementById('app');
const live = el('div', {class: 'sr', 'aria-live': 'polite'});
const note = el('div', {class: 'note', role: 'status', hidden: true});
const trouble = el('div', {class: 'note trouble', role: 'alert', hidden: true});
const tabs = el('div', {class: 'tabs', role: 'tablist', 'aria-label': W.pages});
const stage = el('div', {class: 'stage'});
const room = el('div', {class: 'room'}, stage);
const view = el('main', {class: 'view', id: 'view', role: 'tabpanel', tabindex: '-1'}, room);
const log = el('aside', {class: 'log', 'aria-label': W.log, hidden: true});
const clearTool = el('button', {class: 'tool', type: 'button', text: W.clear, hidden: true, onclick: () => clear()});
const logTool = el('button', {class: 'tool', type: 'button', text: W.log, 'aria-pressed': 'false', onclick: () => toggleLog()});
const darkTool = el('button', {class: 'tool', type: 'button', onclick: () => setDark(!isDark)});
app.replaceChildren(
  el('header', {class: 'bar'}, el('h1', {text: outline.name}), el('span', {class: 'grow'}), clearTool, logTool, darkTool),
  tabs, note, trouble, el('div', {class: 'main'}, view, log), live);
const say = text => { live.textContent = ''; setTimeout(() => { live.textContent = text; }, 30); };

const setDark = dark => {
  isDark = dark;
  document.documentElement.classList.toggle('dark', dark);
  darkTool.textContent = dark ? W.light : W.dark;
  draw();
};
const toggleLog = () => {
  state.log = !state.log;
  log.hidden = !state.log;
  logTool.setAttribute('aria-pressed', String(state.log));
  fit();
  draw();
};
const shownPages = () => pages.map((p, i) => [p, i]).filter(([p]) => p.kind === 'report' && !p.hidden);
const makeTabs = () => {
  tabs.replaceChildren(...shownPages().map(([p, i]) => el('button', {
    role: 'tab', type: 'button', id: `tab${i}`, 'aria-controls': 'view', 'aria-selected': String(i === state.page), tabindex: i === state.page ? '0' : '-1', text: p.title, onclick: () => go(i),
  })));
  if (!tabs.querySelector('[tabindex="0"]') && tabs.firstChild) tabs.firstChild.tabIndex = 0;
  view.setAttribute('aria-label', pages[state.page].title);
};
tabs.addEventListener('keydown', event => {
  const list = [...tabs.children];
  const at = list.indexOf(document.activeElement);
  const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: list.length - 1}[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const next = list[(to + list.length) % list.length];
  const index = shownPages()[list.indexOf(next)][1];
  go(index);
  tabs.children[list.indexOf(next)].focus();
});

const go = (index, options) => {
  if (index < 0 || index >= pages.length) return;
  if (!options || !options.back) state.history.push({page: state.page, drill: state.drill});
  state.page = index;
  state.mark = null;
  state.drill = options && options.drill ? {page: index, ...options.drill} : (options && options.back ? options.keep : null);
  hideTip();
  makeTabs();
  if (!hash.has('picture')) history.replaceState(null, '', `#page=${index}`);
  view.scrollTop = 0;
  refresh();
};
const back = () => {
  const last = state.history.pop();
  if (last) go(last.page, {back: true, keep: last.drill});
};

// ---------- drawing a page
const charts = new Set();
let answers = null;
let plainAnswers = null;
const isPhone = () => window.innerWidth < 640 && !hash.has('picture');
// On a phone the band at the top is there only when the page's layout for phones has it.
// The colour that lies below a visual without a ground of its own: that of the shape which holds it, else the page's.
const below = v => {
  const holds = s => s.type === 'shape' && s.x <= v.x + 1 && s.y <= v.y + 1 && s.x + s.w >= v.x + v.w - 1 && s.y + s.h >= v.y + v.h - 1;
  const shape = isPhone() && !hasBand() ? null : pages[state.page].visuals.filter(holds).pop();
  return (shape && resolve(shape.fill)) || ground();
};
const hasBand = () => !isPhone() || pages[state.page].visuals.some(v => v.type === 'shape' && v.mobile);

async function refresh() {
  const page = state.page;
  const selections = selectionsOf(page, true);
  let got = null;
  try { got = await source.page(page, selections); } catch (error) { console.warn(error); }
  const plain = state.mark ? await source.page(page, selectionsOf(page, false)).catch(() => null) : got;
  if (page !== state.page) return;
  missing(!got);
  if (got) { answers = got; plainAnswers = plain || got; } else if (state.shown !== page) { answers = payload.base[page] || {}; plainAnswers = answers; }
  state.shown = page;
  clearTool.hidden = !(state.mark || [...state.slicers.values()].some(one => !one.hidden));
  draw();
}
const missing = is => {
  note.hidden = !is;
  if (is) note.replaceChildren(el('span', {text: `${W.need} `}), el('code', {text: 'xero-pbit preview --serve'}), el('button', {class: 'tool', type: 'button', text: W.clear, onclick: () => clear()}));
};

let scale = 1;
function fit() {
  const page = pages[state.page];
  document.body.classList.toggle('phone', isPhone());
  if (isPhone()) {
    stage.style.transform = '';
    scale = 1;
    return;
  }
  const w = view.clientWidth, h = view.clientHeight;
  scale = hash.has('picture') ? 1 : Math.min(w / page.width, h / page.height);
  if (scale < 0.5) scale = Math.min(1, w / page.width);
  stage.style.width = `${page.width}px`;
  stage.style.height = `${page.height}px`;
  stage.style.transform = scale === 1 ? '' : `scale(${scale})`;
  room.style.width = `${page.width * scale}px`;
  room.style.height = `${page.height * scale}px`;
}

// A card that has nothing to say takes no room on a phone.
const isBlank = v => { const data = answers && answers[v.id] && answers[v.id].data; const row = data && !data.error && data.levels && (data.levels[0] || [])[0]; return !!data && !data.error && !(row || []).some(cell => cell !== null && cell !== ''); };

// The rectangle of each visual: the page's own, or the phone's.
function places(page) {
  if (!isPhone()) return page.visuals.map(v => [v, v.x, v.y, v.w, v.h]);
  const width = view.clientWidth - 16;
  const some = page.visuals.filter(v => v.mobile);
  if (some.length) {
    const right = Math.max(...some.map(v => v.mobile[0] + v.mobile[2]));
    const left = Math.min(...some.map(v => v.mobile[0]));
    const k = width / (right - left);
    return some.sort((a, b) => a.mobile[1] - b.mobile[1] || a.mobile[0] - b.mobile[0]).map(v => [v, 8 + (v.mobile[0] - left) * k, 8 + v.mobile[1] * k, v.mobile[2] * k, v.mobile[3] * k]);
  }
  let y = 8;
  const tall = v => v.type === 'textbox' && v.paragraphs.length < 2 ? Math.min(v.h, 36) : v.plain ? 22 : v.type === 'slicer' && !/^(Basic|HorizontalList)$/.test(v.mode || '') ? 62 : v.type === 'actionButton' ? 40 : Math.max(v.h, 60);
  return page.visuals.filter(v => v.type !== 'shape' && v.type !== 'pageNavigator' && !(v.plain && isBlank(v))).map(v => { const h = tall(v); const place = [v, 8, y, width, h]; y += h + 8; return place; });
}

// What is on the screen: a visual is drawn again only when something that it shows is another.
let drawn = {frame: '', hosts: []};
const parts = answer => { const data = answer.data; return [answer.title, answer.subtitle, answer.alt, data && [data.error, data.columns, data.levels, data.totals, data.styles, data.rows]]; };
// What of the state a visual shows.
const stateOf = (page, v) => {
  if (SLICERS.has(v.type)) { const key = slicerKey(state.page, v); const chosen = state.slicers.get(key); return [chosen ? chosen.values : null, openMenu === key]; }
  if (v.type === 'actionButton') return v.action && v.action.drill ? canDrill(v) : null;
  const mark = state.mark && state.mark.page === state.page && state.mark.visual === v.id ? state.mark.values : null;
  return [mark, v.type === 'pivotTable' ? [...(state.open.get(openKey(v)) || [])] : null];
};
const openKey = v => `${pages[state.page].name}/${v.id}`;
const dispose = within => { for (const chart of [...charts]) if (within.contains(chart.getDom())) { chart.dispose(); charts.delete(chart); } };
const scrolled = host => [...host.querySelectorAll('.scroll,.menu,.list')];

function draw() {
  // A page is drawn when its answers are there.
  if (!answers || !pages[state.page] || state.shown !== state.page) return;
  const focused = document.activeElement && document.activeElement.closest ? document.activeElement.closest('[data-v]') : null;
  const focusId = focused && stage.contains(focused) ? focused.dataset.v : null;
  const selector = focusId && document.activeElement !== focused ? document.activeElement.dataset.f : null;
  fit();
  const page = pages[state.page];
  const placed = places(page).sort((a, b) => (a[0].tab ?? 0) - (b[0].tab ?? 0));
  const around = pages.map(p => [p.name, p.title, p.kind, p.hidden, p.drill]);
  const frame = JSON.stringify([around, outline.colors, outline.signs, page.width, page.height, state.page, isDark, isPhone(), scale, isPhone() ? view.clientWidth : 0, placed.length]);
  if (frame !== drawn.frame) {
    dispose(stage);
    stage.replaceChildren();
    drawn = {frame, hosts: []};
  }
  // First everything is read, then written, then measured: a page that is asked for a size after each change lays itself out each time.
  let bottom = 0;
  const changed = [];
  placed.forEach(([v, x, y, w, h], i) => {
    bottom = Math.max(bottom, y + h);
    const isSource = state.mark && state.mark.page === state.page && state.mark.visual === v.id;
    const answer = (isSource ? plainAnswers : answers)[v.id] || {};
    const stamp = JSON.stringify([v, x, y, w, h, parts(answer), stateOf(page, v)]);
    const before = drawn.hosts[i];
    if (before && before.stamp === stamp) return;
    changed.push({i, v, answer, stamp, before, at: {x, y, w, h}, left: before ? scrolled(before.host).map(one => [one.scrollLeft, one.scrollTop]) : []});
  });
  for (const {i, v, answer, stamp, before, at, left} of changed) {
    const host = visual(page, v, answer, at, true);
    if (before) {
      dispose(before.host);
      before.host.replaceWith(host);
      if (left.some(([x, y]) => x > 0 || y > 0)) pending.push(() => { if (left.some(([, top]) => top > 0)) catchUp(); scrolled(host).forEach((one, n) => { if (left[n]) [one.scrollLeft, one.scrollTop] = left[n]; }); });
    } else stage.append(host);
    drawn.hosts[i] = {host, stamp};
  }
  if (isPhone()) {
    stage.style.width = room.style.width = `${view.clientWidth}px`;
    stage.style.height = room.style.height = `${bottom + 12}px`;
  }
  settle();
  if (laters.length) whenIdle(catchUp);
  if (focusId && !stage.contains(document.activeElement)) {
    const host = [...stage.children].find(n => n.dataset.v === focusId);
    const inner = host && (selector ? host.querySelector(`[data-f="${CSS.escape(selector)}"]`) : null);
    (inner || (host && (host.tabIndex >= 0 ? host : host.querySelector('button,select,input,summary,[tabindex="0"]'))) || view).focus({preventScroll: true});
  }
  if (state.log) drawLog();
  document.body.dataset.ready = String(state.page);
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
}
// What is measured once everything stands, and gives back what follows from it; and what is done after that.
const looks = [];
const pending = [];
const settle = () => {
  for (const write of looks.splice(0).map(look => look())) if (write) write();
  for (const start of pending.splice(0)) start();
};
// Rows that nobody sees yet are made when the page is on the screen.
let laters = [];
const later = (node, make) => laters.push(() => { if (node.isConnected) make(); });
const catchUp = () => { for (const make of laters.splice(0)) make(); };
let idle = 0;
// Somebody who goes on clicking does not wait for them.
const whenIdle = run => { clearTimeout(idle); idle = setTimeout(() => window.requestIdleCallback ? window.requestIdleCallback(run, {timeout: 300}) : run(), 400); };

const CHARTS = new Set(['lineChart', 'areaChart', 'stackedAreaChart', 'clusteredColumnChart', 'columnChart', 'clusteredBarChart', 'barChart', 'hundredPercentStackedColumnChart',
  'hundredPercentStackedBarChart', 'scatterChart', 'lineClusteredColumnComboChart', 'lineStackedColumnComboChart', 'waterfallChart', 'donutChart', 'pieChart', 'treemap', 'kpi', 'gauge']);
const DRAWN = new Set(['cardVisual', 'card', 'multiRowCard', 'tableEx', 'pivotTable']);
const SLICERS = new Set(['slicer', 'listSlicer', 'advancedSlicerVisual', 'textSlicer']);

function visual(page, v, answer, at, isLive) {
  const title = answer.title !== undefined ? answer.title : v.title;
  const alt = answer.alt !== undefined ? answer.alt : v.alt;
  const host = el('section', {class: 'v', 'data-v': v.id, style: {left: `${at.x}px`, top: `${at.y}px`, width: `${at.w}px`, height: `${at.h}px`, zIndex: String(Math.max(0, Math.min(v.z || 0, 40)))}});
  if (v.type === 'shape') {
    host.classList.add('bare');
    host.setAttribute('aria-hidden', 'true');
    host.style.background = resolve(v.fill) || 'transparent';
    return host;
  }
  if (v.type === 'textbox') { textbox(host, v); return host; }
  if (v.type === 'actionButton') { button(host, v, alt); return host; }
  if (v.type === 'pageNavigator') { navigator(host, alt); return host; }
  // A group is only the frame of the visuals in it.
  if (!v.type) { host.classList.add('bare'); host.setAttribute('aria-hidden', 'true'); host.style.pointerEvents = 'none'; return host; }
  if (v.type === 'image') { host.classList.add('bare'); host.setAttribute('role', 'img'); host.setAttribute('aria-label', alt || ''); return host; }
  if (v.plain) host.classList.add('plain');
  host.setAttribute('aria-label', [title || v.heading, alt].filter(Boolean).join('. ') || v.type);
  if (SLICERS.has(v.type)) { slicer(host, v, answer, isLive); return host; }
  const target = v.action && v.action.page ? named(v.action.page) : -1;
  const links = isLive && (target >= 0 || (v.action && (v.action.back || v.action.url)));
  if (title) {
    const heading = el('h2', {style: {}});
    if (links) heading.append(el('button', {type: 'button', 'data-f': 'title', text: title, title: alt || '', onclick: event => { event.stopPropagation(); act(v); }})); else heading.textContent = title;
    host.append(heading);
    if (v.wrap) heading.classList.add('wrap');
    looks.push(() => { const isCut = heading.scrollWidth > heading.clientWidth || heading.scrollHeight > heading.clientHeight + 2; return isCut ? () => { heading.title = title; } : null; });
  }
  if (links) { host.classList.add('link'); host.addEventListener('click', () => act(v)); }
  if (answer.subtitle) host.append(el('p', {class: 's', text: answer.subtitle, title: answer.subtitle}));
  const body = el('div', {class: 'body'});
  host.append(body);
  const data = answer.data;
  if (!data) { if (!DRAWN.has(v.type) && !CHARTS.has(v.type)) body.append(el('p', {class: 'more', text: `${W.cannot} ${v.type}`})); return host; }
  if (data.error) { body.append(el('p', {class: 'err', text: data.error})); return host; }
  if (v.type === 'cardVisual' || v.type === 'card' || v.type === 'multiRowCard') card(host, body, v, data);
  else if (v.type === 'tableEx') table(body, v, data, isLive && !links);
  else if (v.type === 'pivotTable') matrix(body, v, data);
  else if (CHARTS.has(v.type)) chart(host, body, v, data, title || alt || '', isLive && !links);
  else { host.append(el('p', {class: 'more', text: `${W.cannot} ${v.type}`})); host.append(body); table(body, v, data, false); }
  return host;
}

function act(v) {
  const action = v.action || {};
  if (action.page) go(named(action.page));
  else if (action.back) back();
  else if (action.url) window.open(action.url, '_blank', 'noopener,noreferrer');
  else if (action.drill) drill(action.drill);
}
function canDrill(v) {
  const index = named(v.action.drill);
  return index >= 0 && !!state.mark && pages[index].drill.includes(state.mark.column);
}
function drill(name) {
  const index = named(name);
  if (index < 0) return;
  const chosen = state.mark;
  if (!chosen || !pages[index].drill.includes(chosen.column)) { say(W.pick); return; }
  go(index, {drill: {column: chosen.column, values: chosen.values}});
}
// With Ctrl, Cmd or Shift a value is added to those that are chosen, or taken from them.
const isMore = event => !!event && (event.ctrlKey || event.metaKey || event.shiftKey);
const isChosen = (v, value) => !!state.mark && state.mark.visual === v.id && state.mark.page === state.page && state.mark.values.some(one => JSON.stringify(one) === JSON.stringify(value));
function choose(v, column, value, more) {
  if (!column) return;
  const isOwn = state.mark && state.mark.page === state.page && state.mark.visual === v.id && state.mark.column === column;
  const before = isOwn ? state.mark.values : [];
  const has = isOwn && isChosen(v, value);
  const others = before.filter(one => JSON.stringify(one) !== JSON.stringify(value));
  const values = more ? (has ? others : [...before, value]) : has && !others.length ? [] : [value];
  state.mark = values.length ? {page: state.page, visual: v.id, column, values} : null;
  const shown = v.fields.find(f => f.column === column);
  say(values.length ? `${values.map(one => groupText(one, shown)).join(', ')} ${W.selected}` : W.clear);
  hideTip();
  refresh();
}

// ---------- texts, buttons, navigation
function textbox(host, v) {
  host.classList.add('bare', 'text');
  host.style.overflow = 'hidden';
  // A text box with several paragraphs stands on paper; a title lies on the band.
  if (v.paragraphs.length > 1) { host.classList.remove('bare'); host.style.padding = '8px 12px'; }
  v.paragraphs.forEach((p, i) => {
    const node = el(i === 0 && v.paragraphs.length === 1 ? 'h1' : 'p', {style: {margin: i === 0 && v.paragraphs.length === 1 ? '0' : '', textAlign: p.align || '', fontSize: 'inherit', fontWeight: 'inherit'}});
    for (const run of p.runs) {
      const style = run.style || {};
      let color = isHex(style.color) ? style.color : null;
      // On the page's own ground a colour has to be seen in the dark as well; on the band it is white.
      color = color ? seen(color, 4.5, v.paragraphs.length > 1 ? paper() : below(v)) : v.paragraphs.length > 1 ? null : luminance(below(v)) < 0.3 ? '#ffffff' : ink();
      node.append(el('span', {text: run.text, style: {fontSize: style.fontSize || '', fontWeight: /semibold|bold/i.test(style.fontFamily || '') || style.fontWeight === 'bold' ? '600' : style.fontWeight || '', fontStyle: style.fontStyle || '', color: color || ''}}));
    }
    host.append(node);
  });
}
function button(host, v, alt) {
  host.classList.add('bare');
  if (!v.text && v.action && v.action.page) {
    // A button without words over a tile: the tile's own link.
    host.append(el('button', {class: 'over', type: 'button', 'data-f': 'b', 'aria-label': alt || W.open, title: alt || W.open, onclick: () => act(v)}));
    return;
  }
  const text = v.text || (v.action && v.action.back ? '←' : '•');
  const ready = !(v.action && v.action.drill) || canDrill(v);
  host.append(el('button', {class: 'btn', type: 'button', 'data-f': 'b', text, 'aria-label': v.text ? null : alt || text, title: ready ? alt || '' : W.pick, 'aria-disabled': ready ? null : 'true', onclick: () => act(v)}));
}
function navigator(host, alt) {
  host.classList.add('bare');
  const nav = el('nav', {class: 'nav', 'aria-label': alt || W.pages});
  for (const [p, i] of shownPages()) nav.append(el('button', {class: 'btn', type: 'button', 'data-f': `p${i}`, text: p.title, 'aria-current': i === state.page ? 'page' : null, onclick: () => go(i)}));
  host.append(nav);
}

// ---------- slicers
function slicer(host, v, answer, isLive) {
  host.classList.add('slicer');
  const label = v.heading || v.title || (v.fields[0] && v.fields[0].name) || '';
  const data = answer.data;
  const column = columnOf(v);
  if (!data || data.error || !column) { host.append(el('span', {class: 'lab', text: label})); if (data && data.error) host.append(el('p', {class: 'err', text: data.error})); return; }
  const key = slicerKey(state.page, v);
  const current = state.slicers.get(key);
  const values = (data.levels[0] || []).map(row => row[0]);
  const set = chosen => {
    if (!chosen || !chosen.length) state.slicers.delete(key); else state.slicers.set(key, {column, values: chosen, page: v.sync ? null : state.page});
    if (isLive) refresh();
  };
  const text = value => groupText(value, data.columns[0]);
  const chosen = current ? current.values : [];
  // What was chosen a moment ago, be its answer still under way.
  const picked = () => (state.slicers.get(key) || {values: []}).values;
  const has = value => chosen.some(c => c === value);
  const id = `s-${state.page}-${host.dataset.v.replace(/\W/g, '_')}`;
  if (/^(Between|Before|After)$/.test(v.mode || '')) {
    const range = chosen[0] && typeof chosen[0] === 'object' ? chosen[0] : {};
    const days = values.filter(x => x !== null).sort();
    const isDay = ISO.test(days[0] || '');
    const box = el('div', {class: 'range'});
    host.append(el('span', {class: 'lab', text: label}), box);
    const field = (which, name, fallback) => {
      const input = el('input', {type: isDay ? 'date' : 'number', 'aria-label': `${label}: ${name}`, 'data-f': which, min: isDay ? days[0] : null, max: isDay ? days[days.length - 1] : null, onchange: () => {
        const next = {...(typeof picked()[0] === 'object' ? picked()[0] : {}), [which]: input.value ? (isDay ? input.value : Number(input.value)) : null};
        set(next.from || next.to ? [next] : null);
      }});
      input.value = range[which] ?? fallback ?? '';
      box.append(input);
    };
    if (v.mode !== 'Before') field('from', W.from, days[0]);
    if (v.mode !== 'After') field('to', W.to, days[days.length - 1]);
    return;
  }
  if (v.single) {
    const select = el('select', {id, 'data-f': 'select', onchange: () => set(select.value === '' ? null : [values[Number(select.value)]])}, el('option', {value: '', text: W.all}));
    values.forEach((value, i) => select.append(el('option', {value: String(i), text: text(value), selected: has(value)})));
    host.append(el('label', {for: id, text: label}), select);
    return;
  }
  const boxes = place => {
    for (const [i, value] of values.entries()) {
      const input = el('input', {type: 'checkbox', 'data-f': `c${i}`, checked: has(value), onchange: () => { const now = picked(); set(input.checked ? [...now, value] : now.filter(c => c !== value)); }});
      place.append(el('label', {}, input, el('span', {text: text(value)})));
    }
  };
  if (v.mode === 'HorizontalList' || v.type === 'advancedSlicerVisual') {
    const row = el('div', {class: 'chips', role: 'group', 'aria-label': label});
    for (const [i, value] of values.entries()) {
      const isOn = has(value);
      row.append(el('button', {class: 'chip', type: 'button', 'data-f': `c${i}`, 'aria-pressed': String(isOn), text: text(value), onclick: () => { const now = picked(); set(now.includes(value) ? now.filter(c => c !== value) : v.single ? [value] : [...now, value]); }}));
    }
    host.append(el('span', {class: 'lab', text: label}), el('div', {class: 'body'}, row));
    return;
  }
  if (v.mode === 'Basic' || v.type !== 'slicer') {
    const list = el('div', {class: 'list', role: 'group', 'aria-label': label});
    boxes(list);
    host.append(el('span', {class: 'lab', text: label}), el('div', {class: 'body'}, list));
    return;
  }
  const all = !chosen.length ? W.all : chosen.length <= 2 ? chosen.map(text).join(', ') : `${chosen.length} ${W.selected}`;
  const menu = el('div', {class: 'menu', role: 'group', 'aria-label': label});
  boxes(menu);
  const details = el('details', {open: openMenu === key}, el('summary', {'aria-label': `${label}: ${all}`, 'data-f': 'summary', text: all}), menu);
  details.addEventListener('toggle', () => { if (details.open) openMenu = key; else if (openMenu === key) openMenu = null; });
  details.addEventListener('keydown', event => { if (event.key === 'Escape') { details.open = false; details.firstChild.focus(); } });
  host.style.zIndex = openMenu === key ? '70' : '45';
  host.append(el('span', {class: 'lab', text: label}), details);
}
let openMenu = null;
document.addEventListener('click', event => {
  if (openMenu && !event.target.closest('details')) { openMenu = null; for (const d of stage.querySelectorAll('details[open]')) d.open = false; }
});

// ---------- figures: a row is groups, then value and text of each value, then colours
const shape = data => {
  const groups = data.columns.filter(c => c.column);
  const values = data.columns.filter(c => !c.column);
  return {groups, values, at: (row, i, depth) => row[(depth ?? groups.length) + 2 * i], text: (row, i, depth) => row[(depth ?? groups.length) + 2 * i + 1] ?? '', extra: (row, i, depth) => row[(depth ?? groups.length) + 2 * values.length + i]};
};
const holds = {'=': (a, b) => a === b, '<>': (a, b) => a !== b, '>': (a, b) => a > b, '>=': (a, b) => a >= b, '<': (a, b) => a < b, '<=': (a, b) => a <= b};
// The colour that a style gives a figure: of its own, by a measure, by the first rule that holds, on a scale of two or three colours.
function colorBy(style, s, row, value, depth, spread) {
  if (style.at !== undefined) return s.extra(row, style.at, depth);
  if (style.rules) { const rule = value === null ? null : style.rules.find(([sign, bound]) => holds[sign](value, bound ?? 0)); return rule ? rule[2] : null; }
  if (!style.scale) return style.color || null;
  if (typeof value !== 'number' || !spread) return null;
  const [low, high] = [style.scale[0], style.scale[style.scale.length - 1]];
  const from = low[0] ?? spread.min, to = high[0] ?? spread.max;
  const part = (a, b) => b === a ? 0 : Math.max(0, Math.min(1, (value - a) / (b - a)));
  if (style.scale.length < 3) return mix(low[1], high[1], part(from, to));
  const middle = style.scale[1];
  const at = middle[0] ?? (from + to) / 2;
  return value <= at ? mix(low[1], middle[1], part(from, at)) : mix(middle[1], high[1], part(at, to));
}
function styled(cell, data, s, row, i, depth, spread, ground) {
  let back = null;
  let font = null;
  for (const style of data.styles || []) {
    if (style.value !== i) continue;
    const value = s.at(row, i, depth);
    if (style.kind === 'bar') {
      if (typeof value !== 'number' || !spread) continue;
      const share = Math.min(100, Math.abs(value) / (spread.most || 1) * 100);
      const color = value < 0 ? style.negative : style.positive;
      if (isHex(color)) { const c = isDark ? mix(color, '#1d252e', 0.6) : color; cell.style.background = `linear-gradient(to right, ${c} ${share}%, transparent ${share}%)`; cell.classList.add('barcell'); }
      continue;
    }
    const color = colorBy(style, s, row, value, depth, spread);
    if (!isHex(color)) continue;
    if (style.kind === 'back') back = color; else font = color;
  }
  // White is the paper; the paler a colour on it, the closer to the dark paper.
  if (back && luminance(back) > 0.97) back = null;
  if (back && isDark) back = mix(paper(), back, luminance(back) > 0.4 ? 0.06 + 0.3 * (1 - luminance(back)) : 0.5);
  if (back) cell.style.backgroundColor = back;
  if (font) cell.style.color = isDark && luminance(font) < 0.03 ? ink() : seen(font, 4.5, back || ground || paper());
}
const spreads = (data, s, rows, depth) => s.values.map((_, i) => { const all = rows.map(r => s.at(r, i, depth)).filter(x => typeof x === 'number'); return {min: Math.min(...all), max: Math.max(...all), most: Math.max(...all.map(Math.abs))}; });

function card(host, body, v, data) {
  host.classList.add('card');
  const s = shape(data);
  // A card of a category has one for each of its members.
  const rows = s.groups.length ? (data.levels[0] || []).slice(0, 24) : [(data.levels[0] || [])[0] || []];
  const all = rows.flatMap(row => s.values.map((value, i) => [row, value, i]));
  const color = resolve(v.font);
  const size = Math.min((v.size || 14) * 4 / 3, 40);
  all.forEach(([row, value, i]) => {
    const box = el('div', {class: 'one'});
    const text = String(s.text(row, i) ?? '');
    // On the band a card is written in the band's own colour.
    const shown = v.plain ? seen(color || (luminance(below(v)) < 0.3 ? '#ffffff' : ink()), 4.5, below(v)) : color ? seen(color, 4.5) : 'var(--ink)';
    const isLong = text.length > 24;
    box.append(el('div', {class: isLong && at2(host) ? 'cv wrap' : 'cv', text: text || (v.plain ? '' : '–'), title: text, 'data-figure': value.ref, style: {color: shown, fontSize: `${size}px`, fontWeight: v.plain ? '400' : ''}}));
    const under = [s.groups.length ? groupText(row[0], s.groups[0]) : '', s.values.length > 1 ? value.name : ''].filter(Boolean).join(' · ');
    if (under) box.append(el('div', {class: 'cl', text: under}));
    body.append(box);
    // A figure is shown whole: it becomes smaller before it is cut.
    looks.push(() => {
      const shownText = box.firstChild;
      const [wide, room] = [shownText.scrollWidth, shownText.clientWidth];
      if (wide <= room) return null;
      return () => { for (let px = Math.max(11, Math.floor(size * room / wide * 2) / 2); ; px -= 0.5) { shownText.style.fontSize = `${px}px`; if (px <= 11 || shownText.scrollWidth <= shownText.clientWidth) break; } };
    });
  });
  if (all.length > 1) { body.classList.add('many'); body.style.flexWrap = s.groups.length ? 'wrap' : ''; body.style.overflow = s.groups.length ? 'auto' : ''; body.style.flexDirection = 'row'; body.style.gap = '16px'; body.style.justifyContent = 'flex-start'; body.style.alignItems = 'center'; }
}
const at2 = host => parseFloat(host.style.height) >= 30;

const AT_ONCE = 50;
function table(body, v, data, canPick) {
  const s = shape(data);
  const rows = data.levels[data.levels.length - 1] || [];
  const order = v.fields.map(f => f.role === 'Tooltips' ? -1 : data.columns.findIndex(c => c.ref === f.ref)).filter(i => i >= 0);
  const heads = order.length ? order : data.columns.map((_, i) => i);
  const spread = spreads(data, s, rows);
  const numbers = data.columns.map((_, i) => i >= s.groups.length || rows.some(r => typeof r[i] === 'number'));
  const isNumber = i => numbers[i];
  // Days and short words stay on one line.
  const isShort = data.columns.map((_, i) => i < s.groups.length && rows.every(r => typeof r[i] !== 'string' || r[i].length <= 16));
  const node = el('table', {class: 't'}, el('thead', {}, el('tr', {}, ...heads.map(i => el('th', {scope: 'col', class: isNumber(i) ? 'n' : null, text: data.columns[i].name})))));
  const tbody = el('tbody', {});
  const drills = new Set(pages.flatMap(p => p.drill || []));
  const pickAt = Math.max(0, s.groups.findIndex(g => drills.has(g.column)));
  const canSelect = canPick && s.groups.length > 0;
  const makeRow = (row, r) => {
    const tr = el('tr', {tabindex: canSelect ? (r === 0 ? '0' : '-1') : null, class: canSelect ? 'pick' : null, 'data-f': canSelect ? `r${r}` : null});
    for (const i of heads) {
      const group = i < s.groups.length;
      const td = el('td', {class: isNumber(i) ? 'n' : isShort[i] ? 'd' : null, text: group ? (row[i] === null || row[i] === '' ? '' : groupText(row[i], data.columns[i])) : s.text(row, i - s.groups.length)});
      if (!group) styled(td, data, s, row, i - s.groups.length, undefined, spread[i - s.groups.length]);
      tr.append(td);
    }
    if (canSelect) {
      if (isChosen(v, row[pickAt])) { tr.classList.add('sel'); tr.setAttribute('aria-selected', 'true'); }
      tr.addEventListener('click', event => choose(v, s.groups[pickAt].column, row[pickAt], isMore(event)));
      tr.addEventListener('keydown', event => {
        if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(v, s.groups[pickAt].column, row[pickAt], isMore(event)); }
        const next = event.key === 'ArrowDown' ? tr.nextElementSibling : event.key === 'ArrowUp' ? tr.previousElementSibling : null;
        if (next) { event.preventDefault(); next.focus(); }
      });
    }
    tbody.append(tr);
  };
  rows.slice(0, AT_ONCE).forEach(makeRow);
  node.append(tbody);
  const total = (data.totals || []).find(t => t[0] === 'all');
  if (total && total[1][0] && rows.length) {
    const row = total[1][0];
    node.append(el('tfoot', {}, el('tr', {}, ...heads.map((i, n) => i < s.groups.length ? el('td', {text: n === 0 ? W.total : ''}) : el('td', {class: 'n', text: s.text(row, i - s.groups.length, 0)})))));
  }
  const box = el('div', {class: 'scroll', tabindex: canSelect && rows.length ? null : '0', role: 'region', 'aria-label': `${W.table} ${v.title || ''}`}, node);
  if (!rows.length) box.append(el('p', {class: 'more', text: W.none}));
  if (data.rows > data.limit) box.append(el('p', {class: 'more', text: `${W.cut} (${data.limit})`}));
  body.append(box);
  wholeRows(box, node);
  // More rows make other widths, and other heights.
  if (rows.length > AT_ONCE) later(tbody, () => {
    rows.slice(AT_ONCE).forEach((row, i) => makeRow(row, i + AT_ONCE));
    box.style.bottom = '';
    const px = spare(box, node);
    if (px !== null) box.style.bottom = `${px}px`;
  });
}

// Only whole rows are seen: what does not fit is scrolled to. Room below the last whole one, or null.
const spare = (box, node) => {
  const foot = node.tFoot ? node.tFoot.offsetHeight : 0;
  const room = box.clientHeight - foot;
  let end = 0;
  for (const row of node.tBodies[0].rows) {
    const bottom = row.offsetTop + row.offsetHeight;
    if (bottom > room) return end ? Math.max(0, room - end) : null;
    end = bottom;
  }
  return null;
};
const wholeRows = (box, node) => looks.push(() => { const px = spare(box, node); return px === null ? null : () => { box.style.bottom = `${px}px`; }; });

function matrix(body, v, data) {
  const s = shape(data);
  const rowFields = s.groups.filter(g => g.role === 'Rows');
  const across = s.groups.filter(g => g.role === 'Columns');
  const deep = rowFields.length;
  const K = JSON.stringify;
  const heads = new Map();
  const cells = new Map();
  const order = [];
  const children = new Map();
  data.levels.forEach((rows, d) => {
    for (const row of rows) {
      const path = row.slice(0, d + 1), col = row.slice(d + 1, d + 1 + across.length);
      const id = K(path);
      if (!cells.has(id)) { cells.set(id, new Map()); const parent = K(path.slice(0, -1)); if (!children.has(parent)) children.set(parent, []); children.get(parent).push(path); order.push(id); }
      heads.set(K(col), col);
      cells.get(id).set(K(col), [row, d + 1 + across.length]);
    }
  });
  // The model says how columns are sorted; the engine gives them in that order.
  const listed = (data.totals || []).find(t => t[0] === 'rows' || t[0] === 'order');
  const rank = new Map((listed ? listed[1] : []).map((row, i) => [K(row.slice(0, across.length)), i]));
  const columns = [...heads.values()].sort((a, b) => (rank.get(K(a)) ?? 1e9) - (rank.get(K(b)) ?? 1e9));
  let depthSeen = 0;
  const sums = new Map();
  for (const [kind, rows] of data.totals || []) if (kind === 'columns') { depthSeen += 1; for (const row of rows) sums.set(K(row.slice(0, depthSeen)), [row, depthSeen]); }
  const hasSum = sums.size > 0;
  const grandBy = (data.totals || []).find(t => t[0] === 'rows');
  const grand = (data.totals || []).find(t => t[0] === 'all');
  const open = state.open.get(openKey(v)) || new Set();
  state.open.set(openKey(v), open);
  const head = el('tr', {}, el('th', {scope: 'col', text: rowFields.map(f => f.name)[0] || ''}));
  for (const col of across.length ? columns : [[]]) s.values.forEach(value => head.append(el('th', {scope: 'col', class: 'n', text: [...col.map((x, i) => groupText(x, across[i])), ...(s.values.length > 1 || !across.length ? [value.name] : [])].join(' ')})));
  if (hasSum) s.values.forEach(value => head.append(el('th', {scope: 'col', class: 'n', text: s.values.length > 1 ? `${W.total} ${value.name}` : W.total})));
  const tbody = el('tbody', {});
  const put = (tr, found, i, ground) => {
    const td = el('td', {class: 'n', text: found ? s.text(found[0], i, found[1]) : ''});
    if (found) styled(td, data, s, found[0], i, found[1], undefined, ground);
    tr.append(td);
  };
  const add = path => {
    const id = K(path), depth = path.length, kids = children.get(id);
    const real = kids && !(kids.length === 1 && kids[0][depth] === null);
    const th = el('th', {scope: 'row', style: {paddingLeft: `${6 + (depth - 1) * 14}px`}});
    const name = groupText(path[depth - 1], rowFields[depth - 1]);
    if (depth < deep && real) {
      const isOpen = open.has(id);
      th.append(el('button', {class: 'x', type: 'button', 'aria-expanded': String(isOpen), 'aria-label': name, 'data-f': id, text: isOpen ? '▾' : '▸', onclick: () => { if (isOpen) open.delete(id); else open.add(id); draw(); }}));
    } else if (deep > 1) th.append(el('span', {style: {display: 'inline-block', width: '16px'}}));
    th.append(el('span', {text: name}));
    const tr = el('tr', {class: `d${depth - 1}`}, th);
    for (const col of across.length ? columns : [[]]) s.values.forEach((_, i) => put(tr, cells.get(id).get(K(col)), i));
    if (hasSum) s.values.forEach((_, i) => put(tr, sums.get(id), i));
    const tint = tr.children[1] && tr.children[1].style.backgroundColor;
    if (tint) { th.style.backgroundColor = tint; }
    tbody.append(tr);
    if (open.has(id)) for (const kid of kids || []) add(kid);
  };
  for (const path of children.get('[]') || []) add(path);
  const node = el('table', {class: 't m'}, el('thead', {}, head), tbody);
  if ((grandBy || grand) && order.length) {
    const tr = el('tr', {}, el('th', {scope: 'row', text: W.total}));
    const by = new Map((grandBy ? grandBy[1] : []).map(row => [K(row.slice(0, across.length)), [row, across.length]]));
    if (across.length) for (const col of columns) s.values.forEach((_, i) => put(tr, by.get(K(col)), i, foot()));
    if (grand && grand[1][0] && (hasSum || !across.length)) s.values.forEach((_, i) => put(tr, [grand[1][0], 0], i, foot()));
    node.append(el('tfoot', {}, tr));
  }
  const box = el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': v.title || W.table}, node);
  if (!order.length) box.append(el('p', {class: 'more', text: W.none}));
  body.append(box);
  wholeRows(box, node);
  // The latest periods are the ones that people look for first.
  if (across.length) looks.push(() => {
    // Columns grow until those that are seen fill the width; room behind the last one lets the first of them stand whole beside the heads
    // of the rows.
    const frozen = head.firstChild.offsetWidth;
    const furthest = box.scrollWidth - box.clientWidth;
    const starts = [...head.children].slice(1).map(th => th.offsetLeft - frozen);
    const first = starts.findIndex(x => x >= furthest - 1);
    const shown = starts.length - first;
    const grows = furthest > 0 && first > 0 ? Math.floor((starts[first] - furthest) / shown) : 0;
    const stop = first < 0 ? 0 : starts[first] + first * grows;
    const end = furthest > 0 && stop > furthest + starts.length * grows ? stop + box.clientWidth : 0;
    return () => {
      if (grows > 0) { box.style.setProperty('--grows', `${grows}px`); box.classList.add('grows'); }
      if (end) box.append(el('div', {class: 'room-end', style: {width: `${end}px`}}));
      box.scrollLeft = state.left && state.left.has(v.id) ? state.left.get(v.id) : 1e6;
      box.addEventListener('scroll', () => { (state.left ||= new Map()).set(v.id, box.scrollLeft); });
    };
  });
}

// ---------- charts
const hiddenTable = (title, heads, rows) => {
  const tbody = el('tbody', {});
  const put = list => tbody.append(...list.map(r => el('tr', {}, ...r.map((c, i) => el(i ? 'td' : 'th', {scope: i ? null : 'row', text: c})))));
  put(rows.slice(0, AT_ONCE));
  if (rows.length > AT_ONCE) later(tbody, () => put(rows.slice(AT_ONCE, 400)));
  return el('table', {class: 'sr'}, el('caption', {text: title}), el('thead', {}, el('tr', {}, ...heads.map(h => el('th', {scope: 'col', text: h})))), tbody);
};

// One chart for each member of the field for small multiples, side by side on the same scale.
const nice = x => { if (x <= 0) return 0; const unit = 10 ** Math.floor(Math.log10(x)); return unit * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(one => one * unit >= x * 0.999999); };
function multiples(host, body, v, data, title, isLive, at) {
  const rows = data.levels[0] || [];
  const members = new Map();
  for (const row of rows) { const key = JSON.stringify(row[at]); if (!members.has(key)) members.set(key, []); members.get(key).push(row.filter((_, i) => i !== at)); }
  const columns = data.columns.filter((_, i) => i !== at);
  const s = shape({...data, columns});
  const isStacked = /^(columnChart|barChart|stackedAreaChart|lineStacked)/.test(v.type);
  const extent = {low: 0, high: 0};
  for (const list of members.values()) {
    const sums = new Map();
    for (const row of list) s.values.forEach((_, i) => {
      const value = s.at(row, i);
      if (typeof value !== 'number') return;
      const key = isStacked ? `${JSON.stringify(row[0])}${value < 0}` : `${sums.size}`;
      sums.set(key, (sums.get(key) || 0) + value);
    });
    for (const value of sums.values()) { extent.low = Math.min(extent.low, value); extent.high = Math.max(extent.high, value); }
  }
  const shown = [...members].slice(0, 12);
  const across = Math.ceil(Math.sqrt(shown.length * Math.max(0.5, v.w / Math.max(1, v.h)) / 1.6));
  const box = el('div', {class: 'multiples', style: {gridTemplateColumns: `repeat(${Math.max(1, Math.min(shown.length, across))}, minmax(0, 1fr))`}});
  body.append(box);
  for (const [key, list] of shown) {
    const name = groupText(JSON.parse(key), data.columns[at]);
    const cell = el('div', {class: 'body'});
    box.append(el('div', {class: 'multiple'}, el('div', {class: 'cl', text: name, title: name}), cell));
    chart(host, cell, {...v, legend: null}, {...data, columns, levels: [list]}, `${title}: ${name}`, isLive, extent);
  }
  if (members.size > shown.length) body.append(el('p', {class: 'more', text: `${W.cut} (${shown.length})`}));
}

function chart(host, body, v, data, title, isLive, extent) {
  const s = shape(data);
  const rows = data.levels[0] || [];
  const multiple = s.groups.findIndex(g => g.role === 'Rows');
  if (multiple >= 0 && rows.length) { multiples(host, body, v, data, title, isLive, multiple); return; }
  if (!rows.length) { body.append(el('p', {class: 'more', text: W.none})); return; }
  const plan = series(v, data, s, rows);
  body.append(hiddenTable(title, plan.heads, plan.cells));
  if (v.type === 'kpi') {
    const goal = plan.goal;
    const is = goal ? goal.ahead >= 0 ? 'good' : 'bad' : '';
    body.append(el('div', {class: 'k', 'data-figure': s.values[0].ref, text: plan.headline, style: {color: goal ? seen(sign(is), 4.5) : ''}}));
    if (goal) body.append(el('div', {class: 'cl', style: {position: 'absolute', left: '0', right: '0', top: '34px', whiteSpace: 'nowrap', overflow: 'hidden', textOverflow: 'ellipsis'}, text: `${goal.name}: ${goal.text}${goal.share === null ? '' : ` (${goal.share})`}`}));
  }
  const place = el('div', {class: 'chart', 'aria-hidden': 'true'});
  if (v.type === 'kpi') place.style.top = plan.goal ? '52px' : '34px';
  body.append(place);
  if (plan.cut) {
    place.style.bottom = '20px';
    body.append(el('p', {class: 'more', style: {position: 'absolute', left: '0', bottom: '0', padding: '0'}, text: `${W.cutSeries} (${MOST_SERIES})`}));
  }
  const canKeys = isLive && plan.points.length > 0;
  if (canKeys) {
    const keys = el('div', {class: 'chart', tabindex: '0', role: 'application', 'aria-roledescription': v.type, 'aria-label': title, 'data-f': 'keys', style: {pointerEvents: 'none'}});
    let at = -1;
    keys.addEventListener('keydown', event => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (step) {
        event.preventDefault();
        at = (at + step + plan.points.length) % plan.points.length;
        if (keys.chart) keys.chart.dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: at});
        say(plan.points[at].text);
      } else if ((event.key === 'Enter' || event.key === ' ') && at >= 0) { event.preventDefault(); choose(v, plan.column, plan.points[at].value, isMore(event)); }
      else if (event.key === 'Escape' && state.mark) { state.mark = null; refresh(); }
    });
    body.append(keys);
    place.keys = keys;
  }
  const room = {clientWidth: 0, clientHeight: 0};
  looks.push(() => { room.clientWidth = place.clientWidth; room.clientHeight = place.clientHeight; return null; });
  pending.push(() => {
    const instance = echarts.init(place, null, {renderer: 'canvas', width: room.clientWidth, height: room.clientHeight, devicePixelRatio: Math.max(1, (window.devicePixelRatio || 1) * scale)});
    charts.add(instance);
    if (place.keys) place.keys.chart = instance;
    const option = plan.option(room);
    // The table beside a chart is what is read aloud, and the tooltip says what is under the pointer.
    for (const one of option.series) one.emphasis = {disabled: true};
    if (extent) for (const axis of [option.xAxis, option.yAxis].flat()) if (axis) {
      axis.axisLabel = {...axis.axisLabel, fontSize: 10, ...(axis.type === 'category' ? {rotate: 0, interval: 'auto', hideOverlap: true} : {})};
      if (axis.type === 'value' && !v.type.startsWith('hundred')) Object.assign(axis, {min: extent.low < 0 ? -nice(-extent.low) : 0, max: nice(extent.high), splitNumber: 2});
    }
    instance.setOption({animation: false, textStyle: {fontFamily: FONT, fontSize: 12, color: muted()}, ...option});
    if (!isLive || !plan.column) return;
    instance.on('click', event => { const point = plan.pick(event); if (point) choose(v, plan.column, point.value, isMore(event.event && event.event.event)); });
    if (v.tooltip) {
      instance.on('mouseover', event => { const point = plan.pick(event); if (point) showTip(v, plan.column, point.value, event.event && event.event.event); });
      instance.on('mouseout', hideTip);
    }
  });
}

const MOST_SERIES = 60;
function series(v, data, s, rows) {
  const type = v.type;
  const category = s.groups.find(g => ['Category', 'Group', 'TrendLine', 'Rows', 'Details'].includes(g.role)) || s.groups[0];
  const ci = category ? s.groups.indexOf(category) : -1;
  const split = s.groups.find(g => g !== category && ['Series', 'Details', 'Breakdown'].includes(g.role));
  const si = split ? s.groups.indexOf(split) : -1;
  const isShare = i => { const with_ = rows.find(r => s.text(r, i)); return !!with_ && /%\s*$/.test(s.text(with_, i)); };
  const column = category ? category.column : null;
  const names = [];
  const keys = new Map();
  if (ci >= 0) for (const row of rows) { const k = JSON.stringify(row[ci]); if (!keys.has(k)) { keys.set(k, names.length); names.push(row[ci]); } }
  const labels = names.map(n => groupText(n, category));
  const chosen = state.mark && state.mark.visual === v.id ? true : null;
  const faded = name => chosen !== null && !isChosen(v, name) ? 0.35 : 1;
  const colorOf = (value, n) => mark(resolve(v.colors[value.ref]) || palette[n % palette.length]);
  const total = value => typeof value === 'number' ? value : null;
  // One series per value, or per member of the series field.
  const list = [];
  let cut = false;
  if (split) {
    const members = new Map();
    // As Power BI, a chart with axes shows the first sixty members of a series.
    const most = /^(donutChart|pieChart|treemap|waterfallChart)$/.test(type) ? Infinity : MOST_SERIES;
    for (const row of rows) { const k = JSON.stringify(row[si]); if (!members.has(k) && members.size >= most) { cut = true; continue; } if (!members.has(k)) members.set(k, {name: groupText(row[si], split), data: new Array(names.length).fill(null), texts: new Array(names.length).fill('')}); const m = members.get(k); const at = keys.get(JSON.stringify(row[ci])); m.data[at] = total(s.at(row, 0)); m.texts[at] = s.text(row, 0); }
    let n = 0;
    for (const m of members.values()) list.push({...m, color: mark(palette[n % palette.length]), dash: n++ >= palette.length, role: 'Y', share: isShare(0)});
  } else {
    s.values.forEach((value, i) => {
      const one = {name: value.name, role: value.role, color: colorOf(value, i), data: new Array(Math.max(names.length, 1)).fill(null), texts: new Array(Math.max(names.length, 1)).fill(''), share: isShare(i)};
      const fill = (data.styles || []).find(style => style.kind === 'fill' && style.value === i);
      const spread = fill && spreads(data, s, rows)[i];
      if (fill) one.fills = new Array(Math.max(names.length, 1)).fill(null);
      rows.forEach(row => {
        const at = ci >= 0 ? keys.get(JSON.stringify(row[ci])) : 0;
        one.data[at] = total(s.at(row, i));
        one.texts[at] = s.text(row, i);
        const color = fill && colorBy(fill, s, row, s.at(row, i), undefined, spread);
        if (isHex(color)) one.fills[at] = mark(color);
      });
      list.push(one);
    });
  }
  const heads = [category ? category.name : '', ...list.map(x => x.name)];
  const cells = (names.length ? labels : ['']).map((label, i) => [label, ...list.map(x => x.texts[i])]);
  const points = names.map((value, i) => ({value, text: [labels[i], ...list.filter(x => x.texts[i]).slice(0, 8).map(x => `${x.name}: ${x.texts[i]}`)].join(', ')}));
  const pick = event => points[event.dataIndex] || null;
  const tip = index => [labels[index], ...list.filter(x => x.texts[index]).slice(0, 12).map(x => `${x.name}: ${x.texts[index]}`)].filter(Boolean).join('\n');
  const box = {renderMode: 'richText', confine: true, backgroundColor: paper(), borderColor: line(), textStyle: {color: ink(), fontSize: 12}};
  const ownTip = index => v.tooltip && points[index] && source.peek(named(v.tooltip), [{column, values: [points[index].value]}]) ? '' : tip(index);
  const axisTip = {...box, trigger: 'axis', axisPointer: {type: 'shadow', shadowStyle: {opacity: 0.12}}, formatter: p => ownTip(p[0].dataIndex)};
  const share = list.length > 0 && list.filter(x => x.role !== 'Y2').every(x => x.share);
  const legendOn = v.legend !== null && v.legend !== undefined && (list.length > 1);
  const side = /^(Right|Left)/.test(v.legend || '') ? 'Right' : /^Bottom/.test(v.legend || '') ? 'Bottom' : 'Top';
  const legend = legendOn ? {show: true, type: 'scroll', icon: 'roundRect', itemWidth: 10, itemHeight: 10, itemGap: 8, padding: [5, 0], textStyle: {color: ink(), fontSize: v.w < 420 ? 11 : 12}, pageTextStyle: {color: ink()}, ...(side === 'Right' ? {orient: 'vertical', right: 0, top: 0, bottom: 0, width: 140, itemWidth: 12, itemHeight: 12, itemGap: 6} : side === 'Bottom' ? {bottom: 0, left: 0} : {top: 0, left: 0})} : {show: false};
  const grid = {left: 4, right: side === 'Right' && legendOn ? 165 : 20, top: legendOn && side === 'Top' ? 32 : 10, bottom: legendOn && side === 'Bottom' ? 26 : 4, containLabel: true};
  const valueAxis = (isPercent, extra) => ({type: 'value', axisLabel: {color: muted(), fontSize: 12, formatter: axisText(isPercent), hideOverlap: true}, splitLine: {lineStyle: {color: line()}}, splitNumber: 4, ...extra});
  const categoryAxis = extra => ({type: 'category', data: labels, axisTick: {show: false}, axisLine: {lineStyle: {color: line()}}, axisLabel: {color: muted(), fontSize: 12, hideOverlap: true}, ...extra});
  const isLine = /line|area/i.test(type) && !/Combo/.test(type);
  const bars = list.filter(x => x.role !== 'Y2'), lines = list.filter(x => x.role === 'Y2');
  const magnitude = xs => Math.max(0, ...xs.flatMap(x => x.data.map(d => Math.abs(d || 0))));
  // Values of another kind or size (growth beside amounts) have an axis of their own; Power BI gives lines one always.
  const second = lines.length > 0 && (lines[0].share !== share || magnitude(lines) * 8 < magnitude(bars) || magnitude(lines) > magnitude(bars) * 8);
  // Periods are named at equal distances, none of them beyond the ends of the axis, where the figures of the other axis stand.
  const evenly = place => {
    const n = labels.length;
    const width = Math.max(40, place.clientWidth - 64 - (second ? 44 : 0));
    const isPoint = isLine && n > 1;
    const slot = width / (isPoint ? n - 1 : Math.max(1, n));
    const wide = Math.max(0, ...labels.map(l => l.length)) * 6.3 + 10;
    const least = Math.max(1, Math.ceil(wide / slot));
    const step = [1, 2, 3, 4, 6, 12, 24, 36, 60].find(one => one >= least) || least;
    const center = i => (i + (isPoint ? 0 : 0.5)) * slot;
    const fits = i => center(i) >= wide / 2 - 14 && center(i) <= width - wide / 2 + 22;
    let from = 0;
    while (from < n && !fits(from)) from++;
    if (from === n) return {alignMinLabel: 'left', alignMaxLabel: 'right'};
    return {hideOverlap: false, interval: i => i >= from && (i - from) % step === 0 && fits(i)};
  };
  // A few names that do not fit side by side stand on two lines or slanted; periods leave some out.
  const slanted = (place, labels = names.map(n => groupText(n, category))) => {
    const isPeriod = names.every(n => n === null || typeof n === 'number' || ISO.test(n)) || labels.length <= names.length + 1 && /\b(19|20)\d\d\b/.test(labels[0] || '');
    const slot = (place.clientWidth - 60) / Math.max(1, labels.length);
    const wide = text => text.length * 6.2;
    if (isPeriod) return evenly(place);
    if (labels.length > 20 || labels.every(l => wide(l) <= slot)) return {};
    const isShort = labels.every(l => l.split(' ').every(word => wide(word) <= slot - 4) && wide(l) <= (slot - 4) * 1.8);
    return isShort ? {interval: 0, hideOverlap: false, width: slot - 4, overflow: 'break', lineHeight: 14} : {interval: 0, rotate: 35, hideOverlap: false, width: Math.max(44, Math.min(110, Math.round(place.clientHeight * 0.4))), overflow: 'truncate'};
  };
  const item = (x, i, value) => x.fills && x.fills[i] ? {value, itemStyle: {opacity: faded(names[i]), color: x.fills[i]}} : chosen === null ? value : {value, itemStyle: {opacity: faded(names[i])}};
  const base = {heads, cells, points, pick, column, headline: '', cut};
  const lab = (x, size) => v.labels ? {show: true, position: 'right', color: ink(), fontSize: size, formatter: p => x.texts[p.dataIndex]} : {show: false};

  if (type === 'gauge') {
    const value = list[0].data[0] ?? 0;
    const by = role => { const i = s.values.findIndex(x => x.role === role); return i >= 0 ? total(s.at(rows[0], i)) : null; };
    const low = by('MinValue') ?? Math.min(0, value * 2), high = by('MaxValue') ?? (list[0].share ? Math.max(1, value) : Math.max(value * 2, by('TargetValue') ?? 0, 1));
    const target = by('TargetValue');
    const frame = {type: 'gauge', min: low, max: high, startAngle: 180, endAngle: 0, center: ['50%', '72%'], radius: '100%', splitNumber: 1, axisTick: {show: false}, splitLine: {show: false}};
    const wanted = target === null ? null : s.text(rows[0], s.values.findIndex(x => x.role === 'TargetValue'));
    return {...base, points: [], option: place => {
      const radius = Math.min(place.clientWidth, place.clientHeight) / 2;
      const size = Math.max(11, Math.min(24, Math.round((Math.min(place.clientWidth, place.clientHeight) - 60) * 1.5 / Math.max(6, list[0].texts[0].length))));
      const ring = {...frame, pointer: {show: false}, progress: {show: true, width: 24, itemStyle: {color: list[0].color}}, axisLine: {lineStyle: {width: 24, color: [[1, isDark ? '#3a4652' : '#e4e9ed']]}}, axisLabel: {color: muted(), fontSize: 12, distance: -52, formatter: axisText(list[0].share)}, detail: {offsetCenter: [0, '-12%'], fontSize: size, color: ink(), formatter: () => wanted === null ? list[0].texts[0] : `${list[0].texts[0]}\n{t|◆ ${wanted}}`, rich: {t: {fontSize: 12, color: muted(), lineHeight: 18}}}, data: [{value}]};
      // A stroke across the ring stands at the target.
      const stroke = {...frame, z: 5, silent: true, progress: {show: false}, axisLine: {show: false}, axisLabel: {show: false}, detail: {show: false}, pointer: {icon: 'rect', width: 4, length: 28, offsetCenter: [0, -(radius - 26)], itemStyle: {color: ink(), borderColor: paper(), borderWidth: 1}}, data: [{value: target}]};
      return {series: target === null ? [ring] : [ring, stroke]};
    }};
  }
  if (type === 'kpi') {
    const x = list.find(one => one.role !== 'Goal') || list[0];
    let last = x.data.length - 1;
    while (last > 0 && x.data[last] === null) last--;
    const y = list.find(one => one.role === 'Goal');
    const away = y && typeof y.data[last] === 'number' && typeof x.data[last] === 'number' ? x.data[last] - y.data[last] : null;
    const part = away !== null && y.data[last] !== 0 ? Math.round(away / Math.abs(y.data[last]) * 1000) / 10 : null;
    const goal = away === null ? null : {name: y.name, text: y.texts[last], ahead: away, share: part === null ? null : `${part > 0 ? '+' : ''}${part}%`};
    return {...base, headline: x.texts[last], goal, option: () => ({grid: {left: 0, right: 0, top: 2, bottom: 0}, tooltip: axisTip, xAxis: {type: 'category', data: labels, show: false, boundaryGap: false}, yAxis: {type: 'value', show: false, scale: true}, series: [{type: 'line', data: x.data, showSymbol: false, connectNulls: true, lineStyle: {color: x.color, width: 2}, itemStyle: {color: x.color}, areaStyle: {color: x.color, opacity: 0.18, origin: 'start'}}]})};
  }
  // Slices and tiles: one per category, or per member of the details within it.
  const leaves = names.flatMap((n, i) => split ? list.map((x, k) => ({i, k, name: x.name, value: x.data[i], text: x.texts[i]})) : [{i, k: 0, name: labels[i], value: list[0].data[i], text: list[0].texts[i]}]).filter(one => one.value > 0);
  const shade = (color, k) => split ? mix(color, isDark ? '#000000' : '#ffffff', Math.min(0.45, k * 0.12)) : color;
  if (type === 'donutChart' || type === 'pieChart') {
    const sum = leaves.reduce((a, one) => a + one.value, 0) || 1;
    return {...base, pick: event => leaves[event.dataIndex] && points[leaves[event.dataIndex].i], option: place => {
      const right = v.legend && v.legend.startsWith('Right') && place.clientWidth > 260;
      const radius = Math.min(right ? place.clientWidth / 2 : place.clientWidth, place.clientHeight) / 2;
      const fits = radius * (type === 'pieChart' ? 0.5 : 0.32) >= 26;
      const color = one => { const c = palette[one.i % palette.length]; return shade(isDark ? mix(c, '#000000', 0.1) : c, one.k); };
      return {tooltip: {...box, trigger: 'item', formatter: p => split ? `${labels[leaves[p.dataIndex].i]}\n${leaves[p.dataIndex].name}: ${leaves[p.dataIndex].text}` : tip(leaves[p.dataIndex].i)}, legend: {...legend, show: true, type: 'scroll', icon: 'roundRect', itemWidth: 10, itemHeight: 10, textStyle: {color: ink(), fontSize: 12, width: 190, overflow: 'truncate'}, ...(right ? {orient: 'vertical', right: 0, top: 'middle', left: '50%'} : {top: 0, left: 0})},
        series: [{type: 'pie', radius: type === 'pieChart' ? '80%' : ['48%', '80%'], center: right ? ['25%', '50%'] : ['50%', '58%'], label: {show: fits, position: 'inside', color: '#ffffff', fontSize: 12, formatter: p => p.percent >= 6 ? `${Math.round(p.percent)}%` : ''}, labelLine: {show: false}, data: leaves.map(one => ({name: split ? `${labels[one.i]}, ${one.name}` : one.name, value: one.value, itemStyle: {color: color(one), opacity: faded(names[one.i]), borderColor: paper(), borderWidth: 1}, label: {show: fits && one.value / sum > 0.06, color: contrast('#ffffff', color(one)) >= 3 ? '#ffffff' : '#1b2733'}}))}]};
    }};
  }
  if (type === 'treemap') {
    const tile = (one, color) => ({name: one.name, value: one.value, at: one.i, says: one.text, itemStyle: {color, opacity: faded(names[one.i])}});
    const tint = i => seen(palette[i % palette.length], 4.5, '#ffffff');
    const nodes = split ? names.map((n, i) => ({name: labels[i], at: i, itemStyle: {color: tint(i), borderColor: tint(i)}, children: leaves.filter(one => one.i === i).map(one => tile(one, seen(mix(tint(i), '#000000', Math.min(0.3, one.k * 0.05)), 4.5, '#ffffff')))})).filter(one => one.children.length) : leaves.map(one => tile(one, tint(one.i)));
    const words = p => p.data && p.data.says !== undefined ? `${p.data.name}\n${p.data.says}` : '';
    return {...base, option: () => ({tooltip: {...box, formatter: p => p.data && p.data.at !== undefined ? (split ? `${labels[p.data.at]}\n${words(p).replace('\n', ': ')}` : tip(p.data.at)) : ''}, stateAnimation: {duration: 0}, series: [{type: 'treemap', animation: false, animationDurationUpdate: 0, roam: false, nodeClick: false, breadcrumb: {show: false}, left: 0, right: 0, top: 2, bottom: 0, itemStyle: {borderColor: paper(), gapWidth: 1}, upperLabel: {show: !!split, height: 18, color: '#ffffff', fontSize: 12, overflow: 'truncate', formatter: p => p.name}, label: {fontSize: 12, lineHeight: 16, color: '#ffffff', overflow: 'truncate', formatter: words}, labelLayout: p => p.rect.width < 44 || p.rect.height < 34 ? {fontSize: 0.01} : {}, data: nodes}]}), pick: event => event.data && points[event.data.at]};
  }
  if (type === 'waterfallChart') {
    const x = list[0];
    let run = 0;
    // Each bar: its name, the category that a click chooses, from, to, whether it is a total.
    const bars = [];
    if (split) {
      // From one category to the next by what the members of the breakdown add; the small ones together.
      const sums = names.map((_, i) => list.reduce((a, one) => a + (one.data[i] || 0), 0));
      names.forEach((_, i) => {
        if (i > 0) {
          run = sums[i - 1];
          const steps = list.map(one => [one.name, (one.data[i] || 0) - (one.data[i - 1] || 0)]).filter(([, d]) => d !== 0).sort((p, q) => Math.abs(q[1]) - Math.abs(p[1]));
          const rest = steps.slice(5).reduce((a, [, d]) => a + d, 0);
          for (const [name, d] of [...steps.slice(0, 5), ...(steps.length > 5 ? [[W.other, rest]] : [])]) { bars.push({name, i, from: run, to: run + d, total: false}); run += d; }
        }
        bars.push({name: labels[i], i, from: 0, to: sums[i], total: true});
      });
    } else {
      x.data.forEach((value, i) => { bars.push({name: labels[i], i, from: run, to: run + (value || 0), total: false}); run += value || 0; });
      bars.push({name: W.total, i: -1, from: 0, to: run, total: true});
    }
    const all = bars.map(one => one.name);
    const good = sign('good'), bad = sign('bad'), sum = mark(palette[0]);
    const custom = bars.map((one, at) => [at, one.from, one.to]);
    const says = at => { const one = bars[at]; return !split && one.i >= 0 ? tip(one.i) : `${one.name}: ${compact.format(one.total ? one.to : one.to - one.from)}`; };
    return {...base, pick: event => bars[event.dataIndex] && points[bars[event.dataIndex].i] || null, option: place => ({grid, tooltip: {...box, trigger: 'axis', axisPointer: {type: 'shadow'}, formatter: p => says(p[0].dataIndex)}, xAxis: {...categoryAxis({axisLabel: {color: muted(), fontSize: 12, hideOverlap: true, ...slanted(place, all)}}), data: all}, yAxis: valueAxis(share),
      series: [{type: 'custom', encode: {x: 0, y: [1, 2]}, data: custom, renderItem: (params, api) => {
        const a = api.coord([api.value(0), api.value(1)]), b = api.coord([api.value(0), api.value(2)]);
        const w = Math.max(2, api.size([1, 0])[0] * 0.62);
        const one = bars[api.value(0)];
        return {type: 'rect', shape: {x: a[0] - w / 2, y: Math.min(a[1], b[1]), width: w, height: Math.max(1, Math.abs(a[1] - b[1]))}, style: {fill: one.total ? sum : one.to >= one.from ? good : bad, opacity: one.i < 0 ? 1 : faded(names[one.i])}};
      }}]})};
  }
  if (type === 'scatterChart') {
    const of = role => s.values.findIndex(x => x.role === role);
    const [xi, yi, zi] = [of('X'), of('Y'), of('Size')];
    if (xi < 0 || yi < 0) return {...base, option: () => ({series: []})};
    const most = zi < 0 ? 0 : Math.max(0, ...list[zi].data.map(d => Math.abs(d || 0)));
    const dots = names.map((n, i) => ({i, x: list[xi].data[i], y: list[yi].data[i], z: zi < 0 ? null : list[zi].data[i]})).filter(d => d.x !== null && d.y !== null);
    const scaled = (name, isPercent, room, extra) => ({...valueAxis(isPercent), name, nameLocation: 'middle', nameTextStyle: {color: muted(), fontSize: 12}, nameTruncate: {maxWidth: Math.max(40, room - 40)}, scale: true, ...extra});
    return {...base, pick: event => dots[event.dataIndex] && points[dots[event.dataIndex].i], option: place => ({grid: {...grid, left: 22, bottom: 22}, tooltip: {...box, trigger: 'item', formatter: p => tip(dots[p.dataIndex].i)}, xAxis: scaled(list[xi].name, list[xi].share, place.clientWidth, {nameGap: 24}), yAxis: scaled(list[yi].name, list[yi].share, place.clientHeight, {nameGap: 40}),
      series: [{type: 'scatter', color: mark(palette[0]), symbolSize: (_, p) => most > 0 ? 6 + 26 * Math.sqrt(Math.abs(dots[p.dataIndex].z || 0) / most) : 9, data: dots.map(d => ({value: [d.x, d.y], itemStyle: {opacity: 0.8 * faded(names[d.i])}}))}]})};
  }
  if (/Bar/.test(type)) {
    const stacked = type === 'barChart' || type.startsWith('hundred');
    const full = type.startsWith('hundred');
    const totals = names.map((_, i) => list.reduce((a, x) => a + Math.abs(x.data[i] || 0), 0) || 1);
    const room = place => place.clientHeight - (v.labels ? 6 : 24);
    const size = place => Math.max(10, Math.min(12, Math.floor(room(place) / names.length) - 1));
    return {...base, option: place => ({grid: {...grid, right: v.labels && !(stacked && list.length > 1) ? Math.max(84, grid.right) : grid.right, ...(v.labels && !legendOn ? {top: 2, bottom: 2} : {})}, legend, tooltip: axisTip, xAxis: valueAxis(share || full, full && !list.some(x => x.data.some(d => d < 0)) ? {max: 1, ...(v.labels ? {axisLabel: {show: false}, splitLine: {show: false}} : {})} : v.labels ? {axisLabel: {show: false}, splitLine: {show: false}} : {}), yAxis: categoryAxis({inverse: true, axisLabel: {color: muted(), fontSize: size(place), width: Math.round(place.clientWidth * 0.4), overflow: 'truncate', interval: i => i % Math.max(1, Math.ceil(names.length * (size(place) + 0.5) / room(place))) === 0, hideOverlap: true}}),
      series: list.map(x => ({type: 'bar', name: x.name, stack: stacked ? 'all' : undefined, color: x.color, barMaxWidth: 28, data: x.data.map((d, i) => item(x, i, full && d !== null ? d / totals[i] : d)), label: stacked && list.length > 1 ? {...lab(x, size(place)), position: 'inside', color: contrast('#ffffff', x.color) >= 3 ? '#ffffff' : '#1b2733'} : lab(x, size(place)), labelLayout: stacked && list.length > 1 ? p => p.labelRect.width > p.rect.width - 4 ? {fontSize: 0.01} : {} : {}}))})};
  }
  const isArea = /area/i.test(type);
  const isStacked = ['columnChart', 'stackedAreaChart', 'lineStackedColumnComboChart', 'hundredPercentStackedColumnChart'].includes(type);
  const full = type === 'hundredPercentStackedColumnChart';
  const totals = names.map((_, i) => list.reduce((a, x) => a + Math.abs(x.data[i] || 0), 0) || 1);
  return {...base, option: place => ({grid, legend, tooltip: axisTip, xAxis: categoryAxis({boundaryGap: !isLine, axisLine: {onZero: true, lineStyle: {color: line()}}, axisLabel: {color: muted(), fontSize: 12, hideOverlap: true, ...slanted(place)}}),
    yAxis: [valueAxis(share || full, {splitNumber: place.clientHeight < 130 ? 2 : 4}), ...(second ? [valueAxis(lines[0].share, {splitLine: {show: false}, splitNumber: place.clientHeight < 130 ? 2 : 4})] : [])],
    series: [...bars.map(x => isLine
      ? {type: 'line', name: x.name, color: x.color, data: isStacked ? x.data.map(d => d ?? 0) : x.data, showSymbol: names.length < 2 || chosen !== null, symbolSize: 6, connectNulls: true, lineStyle: {width: 2, type: x.dash ? 'dashed' : 'solid'}, stack: isStacked ? 'all' : undefined, areaStyle: isArea ? {opacity: 0.22, origin: 'start'} : undefined, triggerLineEvent: true}
      : {type: 'bar', name: x.name, color: x.color, barMaxWidth: 36, stack: isStacked ? 'all' : undefined, barGap: '5%', data: x.data.map((d, i) => item(x, i, full && d !== null ? d / totals[i] : d))}),
    ...lines.map(x => ({type: 'line', name: x.name, color: x.color, data: x.data, yAxisIndex: second ? 1 : 0, symbol: 'circle', symbolSize: 4, showSymbol: names.length <= 31, connectNulls: true, lineStyle: {width: 2}, z: 5}))]})};
}

// ---------- tooltip pages
let tip = null;
let tipTimer = 0;
function hideTip() { clearTimeout(tipTimer); if (tip) { for (const c of [...charts]) if (tip.contains(c.getDom())) { c.dispose(); charts.delete(c); } tip.remove(); tip = null; } }
function showTip(v, column, value, pointer) {
  const index = named(v.tooltip);
  if (index < 0 || !pointer) return;
  clearTimeout(tipTimer);
  tipTimer = setTimeout(async () => {
    const got = await source.page(index, [{column, values: [value]}]).catch(() => null);
    if (!got) return;
    hideTip();
    const page = pages[index];
    const box = el('div', {class: 'stage', style: {width: `${page.width}px`, height: `${page.height}px`}});
    tip = el('div', {class: 'tip', 'aria-hidden': 'true'}, box);
    for (const one of page.visuals) box.append(visual(page, one, got[one.id] || {}, {x: one.x, y: one.y, w: one.w, h: one.h}, false));
    document.body.append(tip);
    tip.style.left = `${Math.max(4, Math.min(pointer.clientX + 16, window.innerWidth - page.width - 8))}px`;
    tip.style.top = `${Math.max(4, Math.min(pointer.clientY + 16, window.innerHeight - page.height - 8))}px`;
    settle();
  }, 200);
}

// ---------- query log
function drawLog() {
  const page = pages[state.page];
  const items = page.visuals.filter(v => answers[v.id] && answers[v.id].data).map(v => {
    const data = answers[v.id].data;
    const dax = (data.dax || []).join('\n\n');
    const rows = (data.levels || []).reduce((a, l) => a + l.length, 0);
    const copy = el('button', {class: 'tool', type: 'button', text: W.copy, onclick: async () => {
      try { await window.navigator.clipboard.writeText(dax); } catch { const area = el('textarea', {class: 'sr'}); area.value = dax; document.body.append(area); area.select(); document.execCommand('copy'); area.remove(); }
      copy.textContent = W.copied;
      setTimeout(() => { copy.textContent = W.copy; }, 1500);
    }});
    return el('details', {}, el('summary', {}, el('span', {text: v.title || v.heading || v.id}), el('span', {class: 'd', text: ` · ${v.type} · ${rows} ${W.rows}${data.ms !== undefined ? ` · ${data.ms} ${W.ms}` : ''}`})), data.error ? el('p', {class: 'err', text: data.error}) : null, el('pre', {tabindex: '0', text: dax}), copy);
  });
  log.replaceChildren(el('h2', {text: `${W.log}: ${page.title}`}), ...items);
}

// ---------- start
const first = hash.has('page') ? Number(hash.get('page')) : Math.max(0, named(outline.landing));
state.page = Number.isInteger(first) && first >= 0 && first < pages.length ? first : 0;
if (hash.has('picture')) document.body.classList.add('picture');
isDark = hash.has('dark') || (!hash.has('picture') && window.matchMedia && window.matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.classList.toggle('dark', isDark);
darkTool.textContent = isDark ? W.light : W.dark;
makeTabs();
if (hash.has('log')) toggleLog();
refresh();
let resizing = 0;
new ResizeObserver(() => { cancelAnimationFrame(resizing); resizing = requestAnimationFrame(draw); }).observe(view);
window.addEventListener('hashchange', () => { const wanted = Number(new URLSearchParams(location.hash.slice(1)).get('page')); if (Number.isInteger(wanted) && wanted !== state.page && pages[wanted]) go(wanted); });
// A rebuilt report takes the place of the one that is shown; the page, the choices and what is open stay.
async function takeOver() {
  const got = await (await fetch('/api/outline')).json();
  const page = pages[state.page].name;
  outline = got.outline;
  pages = outline.pages;
  generation += 1;
  known.clear();
  asking.clear();
  setPalette();
  hideTip();
  state.history = [];
  const at = named(page);
  if (at !== state.page) { state.page = at >= 0 ? at : Math.max(0, named(outline.landing)); state.mark = null; state.drill = null; }
  document.querySelector('.bar h1').textContent = outline.name;
  makeTabs();
  await refresh();
  return got.version;
}
if (payload.serve) {
  let version = payload.version;
  let silent = 0;
  const tell = (text, detail) => {
    trouble.hidden = !text;
    if (text && trouble.dataset.text !== text + detail) trouble.replaceChildren(el('strong', {text}), detail ? el('pre', {text: detail, tabindex: '0'}) : '');
    trouble.dataset.text = text ? text + detail : '';
  };
  let seen = null;
  const ask = async waits => {
    const got = await (await fetch(waits && seen !== null ? `/api/version?seen=${seen}` : '/api/version')).json();
    silent = 0;
    seen = got.changes;
    tell(got.problem ? W.problem : '', got.problem || '');
    if (got.version !== version) version = await takeOver();
  };
  // A browser keeps few connections to one server: one tab waits for news on its own, the others ask now and then.
  const look = async () => {
    let waits = false;
    try {
      if (window.navigator.locks && !document.hidden) await window.navigator.locks.request('news', {ifAvailable: true}, lock => { waits = !!lock; return ask(waits); });
      else await ask(false);
    } catch { silent += 1; if (silent > 5) tell(W.gone, ''); }
    setTimeout(look, document.hidden || silent ? 1000 : waits ? 0 : 100);
  };
  look();
}
})();
