/* export.h — the names that the program sees are the intercepted ones, nothing else. */
#ifndef LH_INTERPOSE_EXPORT_H
#define LH_INTERPOSE_EXPORT_H

#define LH_EXPORT __attribute__((visibility("default")))

#endif
