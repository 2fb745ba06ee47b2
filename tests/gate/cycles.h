/* cycles.h — what cycles.cc and cycles_file.cc share. */
#ifndef CYCLES_H
#define CYCLES_H

#include <atomic>
#include <mutex>
#include <pthread.h>
#include <sched.h>

#define KEEP __attribute__((noinline))

extern std::atomic<int> done; /* counted after a call, so that it is no tail call */

typedef void action(void *with);

/* Two threads, one after the other. */
void both(action *a, action *b, void *with);

void file1();
void file2();

#endif
