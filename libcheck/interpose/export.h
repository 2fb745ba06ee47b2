/* export.h — marks the functions that the program sees: the intercepted calls and nothing else. */
#ifndef LH_INTERPOSE_EXPORT_H
#define LH_INTERPOSE_EXPORT_H

#define LH_EXPORT __attribute__((visibility("default")))

#endif
