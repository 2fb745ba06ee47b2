'use strict';
// What a page must be, as functions that answer with a list of what is wrong. A browser reads this file as one expression.
({
  one: (selector, inside = document) => inside.querySelector(selector),
  all: (selector, inside = document) => Array.from(inside.querySelectorAll(selector)),

  // A short name of an element, for a message.
  name_of(element) {
    const text = (element.textContent || element.getAttribute('aria-label') || '').trim().slice(0, 40);
    return element.localName + (element.id ? '#' + element.id : '') + ' "' + text + '"';
  },

  is_seen(element) {
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
  },

  // The smallest rectangle around the text nodes of an element itself.
  box_of_text(element) {
    const range = document.createRange(), boxes = [];
    for (const node of element.childNodes)
      if (node.nodeType === 3 && node.data.trim()) {
        range.selectNodeContents(node);
        boxes.push(...Array.from(range.getClientRects()).filter(box => box.width > 0));
      }
    return boxes.length === 0 ? null : {
      left: Math.min(...boxes.map(b => b.left)), right: Math.max(...boxes.map(b => b.right)),
      top: Math.min(...boxes.map(b => b.top)), bottom: Math.max(...boxes.map(b => b.bottom)),
    };
  },

  // Text that cannot be seen: cut by an element that does not scroll, or beyond the page.
  clipped() {
    const wrong = [], slack = 2;
    for (const element of this.all('body *')) {
      if (/^(script|style|title|desc|option)$/.test(element.localName) || !this.is_seen(element))
        continue;
      const box = this.box_of_text(element);
      if (!box || box.right <= 0 || box.bottom + scrollY <= 0) // placed outside on purpose: shown when it has the focus
        continue;
      for (let at = element; at; at = at.parentElement) {
        const style = getComputedStyle(at), outer = at.getBoundingClientRect();
        const cuts = /hidden|clip/, scrolls = /auto|scroll/;
        if (at === document.documentElement || at === document.body) {
          if (box.right > document.documentElement.clientWidth + slack)
            wrong.push('beyond the page: ' + this.name_of(element));
          break;
        }
        if (scrolls.test(style.overflowX) && scrolls.test(style.overflowY))
          break;
        const x = cuts.test(style.overflowX) && (box.right > outer.right + slack || box.left < outer.left - slack);
        const y = cuts.test(style.overflowY) && (box.bottom > outer.bottom + slack || box.top < outer.top - slack);
        if (at.localName !== 'text' && (x || y)) {
          wrong.push('cut by ' + at.localName + ': ' + this.name_of(element));
          break;
        }
      }
    }
    return wrong.slice(0, 5);
  },

  overflow() {
    const root = document.documentElement;
    return root.scrollWidth > root.clientWidth ? [`document is ${root.scrollWidth} px wide in ${root.clientWidth}`] : [];
  },

  // ---- contrast of text in pictures, which axe-core does not look at ----
  colour(text) {
    const part = (text.match(/[\d.]+/g) || []).map(Number);
    return part.length < 3 || part[3] === 0 ? null : part;
  },
  luminance(colour) {
    const [r, g, b] = colour.slice(0, 3).map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },
  contrast(a, b) {
    const [low, high] = [this.luminance(a), this.luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  },
  behind(element) {
    for (let at = element; at; at = at.parentElement) {
      const colour = this.colour(getComputedStyle(at).backgroundColor);
      if (colour)
        return colour;
    }
    return [255, 255, 255];
  },
  picture_contrast() {
    const wrong = [];
    for (const svg of this.all('svg')) {
      const areas = this.all('rect,path,circle,ellipse,polygon', svg)
        .map(area => [area, this.colour(getComputedStyle(area).fill), area.getBoundingClientRect()])
        .filter(([, colour]) => colour);
      const page = this.behind(svg);
      for (const text of this.all('text,tspan', svg).slice(0, 400)) {
        const box = this.box_of_text(text), fill = this.colour(getComputedStyle(text).fill);
        if (!box || !fill || !this.is_seen(text))
          continue;
        const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
        const under = areas.filter(([area, , r]) => r.left <= x && x <= r.right && r.top <= y && y <= r.bottom &&
          r.width > 8 && area.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING).pop();
        const ratio = this.contrast(fill, under ? under[1] : page);
        if (ratio < 4.5)
          wrong.push(`contrast ${ratio.toFixed(2)}: ${this.name_of(text)}`);
      }
    }
    return wrong.slice(0, 5);
  },

  // ---- accessibility, by axe-core ----
  async axe() {
    const found = await window.axe.run(document, { resultTypes: ['violations'] });
    return found.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
      .map(v => `axe: ${v.id}: ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 120)}`);
  },

  // ---- keyboard ----
  // What a user of the keyboard must reach: what can be clicked, and boxes that scroll.
  stops() {
    this.wanted = this.all('a[href],button,input,select,textarea,summary,[onclick],[role=button],[tabindex]')
      .filter(e => !e.disabled && (this.is_seen(e) || e.matches('.skip')));
    for (const e of this.all('body *'))
      if (/auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1 && this.is_seen(e) && !this.wanted.includes(e))
        this.wanted.push(e);
    this.reached = new Set();
    document.body.focus();
    document.activeElement.blur();
    return this.wanted.length;
  },
  reach() { // after a press of Tab; whether the focus went around
    const at = document.activeElement, again = this.reached.has(at) || at === document.body;
    this.reached.add(at);
    return again;
  },
  unreached() {
    return this.wanted.filter(e => !this.reached.has(e)).map(e => 'Tab does not reach ' + this.name_of(e)).slice(0, 5);
  },

  // ---- tables, search, graph, links ----
  rows: table => Array.from(table.tBodies[0].rows),
  sortable() { // tables whose order can change
    return this.all('table').filter(t => t.tHead && this.rows(t).length > 1 && this.one('th button', t.tHead));
  },
  focus_head(table, column) {
    const details = table.closest('details');
    if (details)
      details.open = true;
    this.one('button', table.tHead.rows[0].cells[column]).focus();
  },
  texts(table, column) {
    return this.rows(table).map(row => row.cells[column].textContent.trim());
  },
  // A column of texts without a number, with two different ones.
  column_to_sort(table) {
    return Array.from(table.tHead.rows[0].cells).findIndex((th, i) =>
      !th.classList.contains('n') && new Set(this.texts(table, i)).size > 1);
  },
  sorted(table, column) { // aria-sort, and whether the rows are in that order
    const order = table.tHead.rows[0].cells[column].ariaSort, seen = this.texts(table, column).map(t => t.toLowerCase());
    const right = seen.slice().sort((a, b) => (order === 'descending' ? -1 : 1) * (a < b ? -1 : a > b ? 1 : 0));
    return [order, seen.join('\n') === right.join('\n')];
  },
  links() {
    return this.all('a[href^="#"]').filter(a => !document.getElementById(decodeURIComponent(a.hash.slice(1))))
      .map(a => 'no target of ' + a.hash + ': ' + this.name_of(a)).slice(0, 5);
  },
  // The first entry of the list of findings leads to its finding: which is then in the view and has this heading.
  at_target(hash) {
    const box = document.getElementById(hash.slice(1)).getBoundingClientRect();
    return location.hash === hash && box.top >= -1 && box.top < innerHeight;
  },

  // ---- without scripts, and on paper ----
  hidden_text(words) { // which of these texts is not in what is shown
    const shown = document.body.innerText.replace(/\s+/g, ' ');
    return words.filter(w => !shown.includes(w.replace(/\s+/g, ' ')));
  },
  headings() {
    return this.all('h1,h2,h3').filter(e => this.is_seen(e)).map(e => e.innerText.trim()).filter(Boolean);
  },
  print() { // what beforeprint opens
    window.dispatchEvent(new Event('beforeprint'));
    return this.all('details').filter(d => !d.open || Array.from(d.children).some(c => c.textContent.trim() && !this.one('input,button', c) && !this.is_seen(c)))
      .map(d => 'closed on paper: ' + this.name_of(d)).slice(0, 5);
  },
  paint() { // milliseconds until something was seen; null: not known
    return new Promise(done => {
      new PerformanceObserver(list => list.getEntriesByName('first-contentful-paint').forEach(e => done(Math.round(e.startTime))))
        .observe({ type: 'paint', buffered: true });
      setTimeout(done, 2000, null);
    });
  },
})
