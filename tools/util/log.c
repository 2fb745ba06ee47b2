/* log.c — writes the front end's own messages. */
#include "tools/util/log.h"

#include <stdarg.h>
#include <stdbool.h>

static FILE *stream;
static bool passing; /* a line is to be replaced */

FILE *lh_log_stream(void)
{
	return stream ? stream : stderr;
}

void lh_log_redirect(FILE *log)
{
	stream = log;
}

void lh_log_passing(const char *text)
{
	if (passing || *text)
		fprintf(lh_log_stream(), "\r\033[K%s", text);
	fflush(lh_log_stream());
	passing = *text;
}

/* The line is one write, so that the program's output cannot split it. */
void lh_log(const char *format, ...)
{
	char line[4096];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?'; /* a file name from outside must not send control characters to
				     the terminal */
	fprintf(lh_log_stream(), "%slockhound: %s\n", passing ? "\r\033[K" : "", line);
	passing = false;
	fflush(lh_log_stream());
}
