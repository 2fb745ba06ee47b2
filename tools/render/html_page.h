/*
 * html_page.h — the style and the script of the HTML page.
 *
 * The page's security policy allows no loads and only the script with the hash below;
 * tests/formats/run computes the hash again. The page works without the script, which only sorts
 * tables and opens all blocks at once.
 */
#ifndef LH_RENDER_HTML_PAGE_H
#define LH_RENDER_HTML_PAGE_H

#define LH_HTML_SCRIPT                                                                             \
	"\n"                                                                                       \
	"document.querySelectorAll('th').forEach(function (th) {\n"                                \
	"  th.onclick = function () {\n"                                                           \
	"    var body = th.closest('table').tBodies[0], i = th.cellIndex;\n"                       \
	"    var down = th.dataset.down = th.dataset.down ? '' : '1';\n"                           \
	"    function key(row) {\n"                                                                \
	"      var c = row.cells[i]; return c.dataset.n === undefined ? c.textContent : "          \
	"+c.dataset.n;\n"                                                                          \
	"    }\n"                                                                                  \
	"    Array.from(body.rows).sort(function (a, b) {\n"                                       \
	"      var x = key(a), y = key(b), c = x < y ? -1 : x > y ? 1 : 0;\n"                      \
	"      return down ? -c : c;\n"                                                            \
	"    }).forEach(function (row) { body.appendChild(row); });\n"                             \
	"  };\n"                                                                                   \
	"});\n"                                                                                    \
	"var all = document.getElementById('all');\n"                                              \
	"all.hidden = false;\n"                                                                    \
	"all.onclick = function () {\n"                                                            \
	"  var list = document.querySelectorAll('details'), open = !list[0].open;\n"               \
	"  list.forEach(function (d) { d.open = open; });\n"                                       \
	"};\n"
#define LH_HTML_SCRIPT_HASH "sha256-9NaVXDnNqYGB4LcmC7/j+mgq2rZJMaYqON7NCwbLlug="

#define LH_HTML_STYLE                                                                              \
	":root{color-scheme:light dark;--bad:#b3261e;--line:#8886;--soft:#8881}"                   \
	"body{font:15px/1.45 system-ui,sans-serif;max-width:75rem;margin:0 auto;padding:1rem}"     \
	"h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}"                                \
	"code,pre,.mono{font-family:ui-monospace,monospace;font-size:.88em}"                       \
	"pre{overflow-x:auto;margin:.3rem 0;padding:.4rem;background:var(--soft)}"                 \
	"table{border-collapse:collapse;width:100%}"                                               \
	"td,th{border-bottom:1px solid var(--line);padding:.2rem .5rem;text-align:left;"           \
	"vertical-align:top;overflow-wrap:anywhere}"                                               \
	"th{cursor:pointer}td.n,th.n{text-align:right;white-space:nowrap}"                         \
	".finding{border:1px solid var(--line);border-left:5px solid var(--line);"                 \
	"border-radius:4px;padding:.6rem 1rem;margin:1rem 0;break-inside:avoid-page}"              \
	".error{border-left-color:var(--bad)}.warning{border-left-color:#c77700}"                  \
	".parts{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1rem}"   \
	".parts>div{min-width:0}svg{max-width:100%;height:auto}svg text{fill:currentColor}"        \
	".mark{color:var(--bad)}.dim{opacity:.7}"                                                  \
	"@media print{details>*{display:block}#all{display:none}}"

#endif
