/* places.c — reads the line table of a unit, and the places of calls and of functions. */
#include "tools/symbols/places.h"

#include <dwarf.h>
#include <string.h>

static const char *full_path(struct lh_symbols *s, Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute attr;
	const char *folder = NULL;

	if (!file)
		return NULL;
	if (file[0] != '/' && dwarf_attr(unit, DW_AT_comp_dir, &attr))
		folder = dwarf_formstring(&attr);
	return folder ? lh_arena_printf(s->arena, "%s/%s", folder, file)
		      : lh_arena_strdup(s->arena, file);
}

/* ---- lines ---- */

static Dwarf_Addr address_of(Dwarf_Line *row)
{
	Dwarf_Addr at = 0;

	dwarf_lineaddr(row, &at);
	return at;
}

static bool is_end(Dwarf_Line *row)
{
	bool is = false;

	return dwarf_lineendsequence(row, &is) == 0 && is;
}

static bool same_line(Dwarf_Line *a, Dwarf_Line *b)
{
	int line[2] = {0, 0}, column[2] = {0, 0};
	const char *file[2] = {dwarf_linesrc(a, NULL, NULL), dwarf_linesrc(b, NULL, NULL)};

	dwarf_lineno(a, &line[0]);
	dwarf_lineno(b, &line[1]);
	dwarf_linecol(a, &column[0]);
	dwarf_linecol(b, &column[1]);
	return line[0] == line[1] && column[0] == column[1] && file[0] && file[1] &&
	       strcmp(file[0], file[1]) == 0;
}

/* Index of the first row at the address or above it. */
static size_t first_at(Dwarf_Lines *rows, size_t n, Dwarf_Addr at)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (address_of(dwarf_onesrcline(rows, mid)) < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * The rows of a table are sorted by address, so where one function's rows end at the address at
 * which another's begin, both have rows there; and libdw takes the last row. The end's row repeats
 * the line of the function that has ended: rows with that line are passed over.
 */
static Dwarf_Line *row_of_begun(Dwarf_Die *unit, Dwarf_Line *row)
{
	Dwarf_Addr at = address_of(row);
	Dwarf_Line *end = NULL, *other, *best = NULL;
	Dwarf_Lines *rows;
	size_t n, i;

	if (dwarf_getsrclines(unit, &rows, &n) != 0)
		return row;
	for (i = first_at(rows, n, at);
	     i < n && (other = dwarf_onesrcline(rows, i)) && address_of(other) == at; i++)
		if (is_end(other))
			end = other;
		else if (!end || !same_line(other, end))
			best = other;
	return end && best ? best : row;
}

struct lh_place lh_place_of_code(struct lh_symbols *s, Dwarf_Die *unit, Dwarf_Addr at)
{
	Dwarf_Line *row = dwarf_getsrc_die(unit, at);
	int number = 0, column = 0;

	if (row)
		row = row_of_begun(unit, row);
	if (!row || dwarf_lineno(row, &number) != 0 || number <= 0)
		return (struct lh_place){0};
	dwarf_linecol(row, &column);
	return (struct lh_place){.file = full_path(s, unit, dwarf_linesrc(row, NULL, NULL)),
				 .line = (uint32_t)number,
				 .column = column > 0 ? (uint32_t)column : 0};
}

/* ---- calls ---- */

static uint32_t number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attr;
	Dwarf_Word value = 0;

	if (!dwarf_attr(die, name, &attr) || dwarf_formudata(&attr, &value) != 0)
		return 0;
	return value < UINT32_MAX ? (uint32_t)value : 0;
}

struct lh_place lh_place_of_call(struct lh_symbols *s, Dwarf_Die *unit, Dwarf_Die *die)
{
	struct lh_place place = {.line = number_of(die, DW_AT_call_line),
				 .column = number_of(die, DW_AT_call_column)};
	uint32_t file = number_of(die, DW_AT_call_file);
	Dwarf_Files *files;
	Dwarf_Die own; /* what a skeleton unit stands for may have a list of files of its own */
	size_t n;

	if (((dwarf_diecu(die, &own, NULL, NULL) && dwarf_getsrcfiles(&own, &files, &n) == 0) ||
	     dwarf_getsrcfiles(unit, &files, &n) == 0) &&
	    file < n)
		place.file = full_path(s, unit, dwarf_filesrc(files, file, NULL, NULL));
	return place;
}

struct lh_place lh_place_of_function(struct lh_symbols *s, Dwarf_Die *unit, Dwarf_Die *die)
{
	int line = 0, column = 0;

	if (dwarf_decl_line(die, &line) != 0 || line <= 0)
		return (struct lh_place){0};
	dwarf_decl_column(die, &column);
	return (struct lh_place){.file = full_path(s, unit, dwarf_decl_file(die)),
				 .line = (uint32_t)line,
				 .column = column > 0 ? (uint32_t)column : 0};
}
