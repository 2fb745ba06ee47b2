/*
 * picture_style.h — the colours of the pictures (lanes.h, svg.c), for light and for dark.
 *
 * Each text has a contrast of at least 4.5 against the background, each line at least 3. A page
 * that contains pictures has LH_PICTURE_STYLE in its style and may set the --lane- properties
 * itself. A file of its own has LH_PICTURE_STYLE_ALONE: no custom properties, because some
 * programs that draw SVG files do not know them.
 */
#ifndef LH_RENDER_PICTURE_STYLE_H
#define LH_RENDER_PICTURE_STYLE_H

/* text: names and steps; dim: places, notes; rule: lines of lanes, arrows of orders; held: a lock
 * is held; bad: cycles, waits that do not end; on: numbers on held and bad; back: the background */
#define LH_PICTURE_RULES(text, dim, rule, held, bad, on, back)                                     \
	".lp-back{fill:" back "}.lanes text,.graph text{fill:" text "}.lp-dim{fill:" dim           \
	"}.lanes .lp-num{fill:" on "}.lp-rule{stroke:" rule ";fill:none}.lp-held{stroke:" held     \
	";fill:none}.lp-bad,.lp-stuck{stroke:" bad ";fill:none}.lp-gap{stroke:" back               \
	";fill:none}.lp-dot{fill:" held "}.lp-wait{fill:" bad "}.lp-tip{fill:" rule                \
	"}.lp-box{fill:" back ";stroke:" rule "}.lp-ring{fill:" back ";stroke:" bad "}"
#define LH_PICTURE_SHAPES                                                                          \
	".lp-rule,.lp-box{stroke-width:1.3}.lp-held{stroke-width:6}.lp-bad{stroke-width:1.9}"      \
	".lp-stuck{stroke-width:3;stroke-dasharray:3 3}.lp-gap{stroke-width:6}"                    \
	".lp-ring{stroke-width:2.5}.lp-fold{stroke-dasharray:5 4}.lp-bold{font-weight:bold}"       \
	".lp-num,.lp-mid{text-anchor:middle}"

#define LH_PICTURE_PROPERTIES(text, dim, rule, held, bad, on, back)                                \
	":root{--lane-text:" text ";--lane-dim:" dim ";--lane-rule:" rule ";--lane-held:" held     \
	";--lane-bad:" bad ";--lane-on:" on ";--lane-back:" back "}"

#define LH_PICTURE_LIGHT "#1b1b1b", "#595959", "#7a7a7a", "#1f5fa8", "#b3261e", "#fff", "#fff"
#define LH_PICTURE_DARK "#ededed", "#b4b4b4", "#8c8c8c", "#7db3f0", "#ff8a80", "#121212", "#121212"
#define LH_PICTURE_VARS                                                                            \
	"var(--lane-text)", "var(--lane-dim)", "var(--lane-rule)", "var(--lane-held)",             \
		"var(--lane-bad)", "var(--lane-on)", "var(--lane-back)"

#define LH_PICTURE_WITH(macro, ...) macro(__VA_ARGS__)
#define LH_PICTURE_IN_BOTH(macro)                                                                  \
	LH_PICTURE_WITH(macro, LH_PICTURE_LIGHT)                                                   \
	"@media (prefers-color-scheme:dark){" LH_PICTURE_WITH(macro, LH_PICTURE_DARK) "}"

#define LH_PICTURE_STYLE                                                                           \
	LH_PICTURE_SHAPES LH_PICTURE_IN_BOTH(LH_PICTURE_PROPERTIES)                                \
		LH_PICTURE_WITH(LH_PICTURE_RULES, LH_PICTURE_VARS)
#define LH_PICTURE_STYLE_ALONE LH_PICTURE_SHAPES LH_PICTURE_IN_BOTH(LH_PICTURE_RULES)

#endif
