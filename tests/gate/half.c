/* half.c — runs the functions of half_lib.c that the arguments name, each in its own thread. */
#include <pthread.h>
#include <stddef.h>
#include <string.h>

void *there(void *), *back(void *), *on(void *), *round_again(void *), *readers(void *),
	*sredaer(void *), *write_one(void *);
extern int with_gate, shared_gate, prefer_writers;

#ifdef OTHER /* the same library at other addresses */
char padding[4096] = "x";
#endif

int main(int argc, char **argv)
{
	static const struct {
		const char *word;
		void *(*work)(void *);
	} all[] = {{"there", there},       {"back", back},    {"on", on},
		   {"round", round_again}, {"read", readers}, {"daer", sredaer},
		   {"write", write_one}};
	pthread_t t;

	for (int i = 1; i < argc; i++) {
		with_gate |= strcmp(argv[i], "gate") == 0;
		shared_gate |= strcmp(argv[i], "read-gate") == 0;
		prefer_writers |= strcmp(argv[i], "prefer") == 0;
		for (size_t k = 0; k < sizeof(all) / sizeof(*all); k++)
			if (strcmp(argv[i], all[k].word) == 0) {
				pthread_create(&t, NULL, all[k].work, NULL);
				if (argc == 2 || with_gate || shared_gate || prefer_writers)
					pthread_join(t, NULL);
			}
	}
	pthread_exit(NULL);
}
