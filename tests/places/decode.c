/*
 * decode.c — compares tools/machine_code/code_effect.c with objdump, whose output it reads from stdin
 * (objdump -d --insn-width=16): the length, the flow and the target of each instruction, and that
 * none of which objdump says that it writes to memory is taken for one that does not. Prints a line
 * for each difference, and at last how many in a hundred were known.
 */
#include "tools/machine_code/code_effect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static enum lh_path flow_of(const char *text)
{
	if (begins(text, "call"))
		return LH_PATH_CALL;
	if (begins(text, "jmp"))
		return LH_PATH_JUMP;
	if (begins(text, "ret"))
		return LH_PATH_RETURN;
	if (begins(text, "ud2") || begins(text, "hlt"))
		return LH_PATH_END;
	return *text == 'j' ? LH_PATH_BRANCH : LH_PATH_NEXT;
}

/* In AT&T syntax the last operand is written, except by these. */
static bool writes_memory(const char *text)
{
	static const char *const reads[] = {"cmp", "test", "push", "nop",  "call", "jmp",
					    "bt ", "mul",  "div",  "imul", "idiv", "prefetch"};
	const char *end = strchr(text, '#') ? strchr(text, '#') : text + strlen(text);

	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		if (begins(text, reads[i]))
			return false;
	if (strstr(text, "%st(")) /* a register of the x87 */
		return false;
	while (end > text && end[-1] == ' ')
		end--;
	return end > text && end[-1] == ')';
}

/* "  1160:\t48 8d 3d 09 \tlea    0x2ec9(%rip),%rdi  # 4030". Returns the bytes. */
static size_t read_line(char *line, uint64_t *at, uint8_t byte[16], char **text)
{
	char *c = line;
	size_t n = 0;

	*at = strtoull(line, &c, 16);
	if (*c != ':' || c[1] != '\t' || *line != ' ')
		return 0;
	for (c += 2; n < 16 && strspn(c, "0123456789abcdef") == 2; c += 3)
		byte[n++] = (uint8_t)strtoul(c, NULL, 16);
	c = strchr(c, '\t');
	if (!c)
		return 0;
	*text = c + 1;
	for (;;) { /* prefixes that objdump writes as words */
		static const char *const words[] = {"notrack ", "bnd ",   "data16 ", "cs ",
						    "repz ",    "repnz ", "rex.W "};
		size_t i = 0;

		while (i < sizeof(words) / sizeof(words[0]) && !begins(*text, words[i]))
			i++;
		if (i == sizeof(words) / sizeof(words[0]))
			return n;
		*text += strlen(words[i]);
	}
}

int main(void)
{
	char line[512], *text = line;
	uint8_t byte[16];
	uint64_t at;
	unsigned long all = 0, known = 0;

	while (fgets(line, sizeof(line), stdin)) {
		struct lh_effect i;
		size_t n = read_line(line, &at, byte, &text);
		const char *space;

		text[strcspn(text, "\n")] = '\0';
		if (!n || !*text)
			continue;
		all++;
		if (!lh_code_effect(byte, n, at, &i))
			continue;
		known++;
		space = strchr(text, ' ');
		if (i.length != n)
			printf("length %u: %s\n", i.length, line);
		if (i.path != flow_of(text))
			printf("flow %d: %s\n", i.path, text);
		if (i.target && space && i.target != strtoull(space, NULL, 16))
			printf("target %llx: %s\n", (unsigned long long)i.target, text);
		if (!i.writes && writes_memory(text))
			printf("writes nothing: %s\n", text);
		for (size_t k = 0; k < n; k++)
			if (lh_code_effect(byte, k, at, &i))
				printf("%zu of its bytes are enough: %s\n", k, text);
	}
	printf("%lu known\n", all ? 100 * known / all : 0);
}
