/* rust_name.h — names of Rust functions, mangled in the older of its two ways, as the C++ library
 * demangles them. */
#ifndef LH_SYMBOLS_RUST_NAME_H
#define LH_SYMBOLS_RUST_NAME_H

#include "tools/util/arena.h"

/*
 * "std::sync::mutex::Mutex$LT$T$GT$::lock::h0123456789abcdef" is
 * "std::sync::mutex::Mutex<T>::lock": the hash differs from build to build. NULL: the name does not
 * end with such a hash.
 */
const char *lh_rust_name(struct lh_arena *, const char *demangled);

#endif
