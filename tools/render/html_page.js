'use strict';
// The script of the HTML page: it filters, sorts and zooms. The page is complete without it.
(function () {
  function all(selector, inside) {
    return Array.from((inside || document).querySelectorAll(selector));
  }
  function one(selector, inside) {
    return (inside || document).querySelector(selector);
  }
  function show_count(inside, shown, of) {
    one('.count', inside).textContent = shown === of ? '' : shown + ' of ' + of + ' shown';
  }
  function words(inside) {
    return one('input[type=search]', inside).value.toLowerCase();
  }

  // ---- the list of findings: by severity, by status, by text ----
  function filter_findings(controls) {
    var boxes = all('input[type=checkbox]', controls), text = words(controls), shown = 0;
    var entries = all('.list li');
    entries.forEach(function (entry) {
      var article = document.getElementById(one('a', entry).hash.slice(1));
      var is_wanted = boxes.every(function (box) {
        return box.checked || entry.dataset[box.dataset.key] !== box.value;
      }) && (!text || article.textContent.toLowerCase().includes(text));
      entry.hidden = article.hidden = !is_wanted;
      shown += is_wanted;
    });
    show_count(controls, shown, entries.length);
  }
  all('#filter').forEach(function (controls) {
    controls.hidden = false;
    controls.oninput = function () { filter_findings(controls); };
  });

  // ---- the rows of the tables of a section ----
  function search_rows(controls) {
    var place = controls.parentNode, text = words(controls), shown = 0;
    var rows = all('tbody tr', place);
    rows.forEach(function (row) {
      row.hidden = text && !row.textContent.toLowerCase().includes(text);
      shown += !row.hidden;
    });
    all('details', place).forEach(function (d) {
      if (text && one('tbody tr:not([hidden])', d))
        d.open = true;
    });
    show_count(controls, shown, rows.length);
  }
  all('.controls.rows').forEach(function (controls) {
    controls.hidden = false;
    controls.oninput = function () { search_rows(controls); };
  });

  // ---- sorted tables ----
  function key(row, column, is_number) {
    var cell = row.cells[column];
    return !is_number ? cell.textContent.toLowerCase()
      : cell.dataset.n === undefined ? parseFloat(cell.textContent) || 0 : +cell.dataset.n;
  }
  function sort(th) {
    var body = th.closest('table').tBodies[0], is_number = th.classList.contains('n');
    var before = th.getAttribute('aria-sort');
    var sign = before ? (before === 'descending' ? 1 : -1) : is_number ? -1 : 1;
    all('th[aria-sort]', th.parentNode).forEach(function (x) { x.removeAttribute('aria-sort'); });
    th.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
    var rows = Array.from(body.rows).map(function (row) {
      return [key(row, th.cellIndex, is_number), row];
    });
    rows.sort(function (a, b) { return sign * (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0); });
    body.append.apply(body, rows.map(function (pair) { return pair[1]; }));
  }
  all('thead th').forEach(function (th) {
    var button = document.createElement('button');
    button.type = 'button';
    button.textContent = th.textContent;
    button.onclick = function () { sort(th); };
    th.replaceChildren(button);
  });

  // ---- source: a caret far to the right is scrolled into sight ----
  all('.source i').map(function (caret) {
    var lines = caret.parentNode, x = caret.getBoundingClientRect().left;
    return [lines, x - lines.getBoundingClientRect().left, lines.clientWidth];
  }).forEach(function (place) {
    if (place[1] > place[2] / 2)
      place[0].scrollLeft = place[1] - place[2] / 4;
  });

  // ---- stacks: a reference becomes the stack when it is opened ----
  function fill(details) {
    var link = one('a[href^="#s"]', details);
    if (!details.open || !link)
      return;
    var copy = document.getElementById(link.hash.slice(1)).cloneNode(true);
    copy.removeAttribute('id');
    link.parentNode.replaceWith(copy);
  }
  all('details.stack').forEach(function (details) {
    details.addEventListener('toggle', function () { fill(details); });
  });
  function open_target() {
    var target = location.hash && document.getElementById(location.hash.slice(1));
    var details = target && target.closest('details');
    if (details)
      details.open = true;
  }
  window.addEventListener('hashchange', open_target);
  open_target();
  var button = document.getElementById('all');
  button.hidden = !one('details.stack');
  button.onclick = function () {
    var open = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', open);
    all('details.stack').forEach(function (d) { d.open = open; });
  };
  window.addEventListener('beforeprint', function () {
    all('details').forEach(function (d) {
      d.open = true;
      fill(d);
    });
  });

  // ---- the lock-order graph ----
  function set_up_graph(controls) {
    var box = one('#lock-graph .scroll'), svg = one('svg', box), scale = 1;
    var width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;
    var nodes = all('[data-lock]', svg), edges = all('[data-from]', svg);

    function zoom(to) {
      scale = Math.min(8, Math.max(.05, to));
      svg.setAttribute('width', width * scale);
      svg.setAttribute('height', height * scale);
    }
    function fit() {
      zoom(Math.min(1, (box.clientWidth - 16) / width));
    }
    function filter() {
      var text = words(controls), only = one('input[type=checkbox]', controls).checked;
      var found = {}, shown = {}, n = 0;
      nodes.forEach(function (node) {
        found[node.dataset.lock] = (!only || node.classList.contains('cycle')) &&
          node.textContent.toLowerCase().includes(text);
      });
      // a lock is shown with the locks before and after it
      edges.forEach(function (edge) {
        var from = edge.dataset.from, to = edge.dataset.to;
        var is_shown = (!only || edge.classList.contains('cycle')) && (found[from] || found[to]);
        edge.style.display = is_shown ? '' : 'none';
        if (is_shown)
          shown[from] = shown[to] = true;
      });
      nodes.forEach(function (node) {
        var is_shown = found[node.dataset.lock] || shown[node.dataset.lock];
        node.style.display = is_shown ? '' : 'none';
        n += is_shown ? 1 : 0;
      });
      show_count(controls, n, nodes.length);
    }
    controls.hidden = false;
    controls.oninput = filter;
    all('button', controls).forEach(function (b) {
      var by = +b.dataset.zoom;
      b.onclick = function () { by === 0 ? fit() : zoom(by === 1 ? 1 : scale * by); };
    });
    box.addEventListener('wheel', function (event) {
      if (!event.ctrlKey)
        return;
      event.preventDefault();
      zoom(scale * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
    }, { passive: false });
    box.addEventListener('keydown', function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey)
        return;
      if (event.key === '+' || event.key === '=')
        zoom(scale * 1.25);
      else if (event.key === '-')
        zoom(scale / 1.25);
      else if (event.key === '0')
        fit();
    });
    fit();
    if (scale < .5)
      zoom(.5);
  }
  all('#graph-controls').forEach(set_up_graph);
}());
