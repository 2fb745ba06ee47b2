/* html_page.c — the style and the script of the HTML page: the files html_page.css and
 * html_page.js as they are, each as one text. */
#include "tools/render/html.h"

#define TEXT_OF(name, file)                                                                        \
	__asm__(".pushsection .rodata\n"                                                           \
		".globl " #name "\n" #name ":\n"                                                   \
		".incbin \"" file "\"\n"                                                           \
		".byte 0\n"                                                                        \
		".popsection\n")

TEXT_OF(lh_html_style, "tools/render/html_page.css");
TEXT_OF(lh_html_script, "tools/render/html_page.js");
