/* test_name_match.c — tests which symbols are the functions that a row names.
 * LINKS: libcheck/lock_api/name_match.c */
#include "libcheck/lock_api/name_match.h"
#include "tests/unit/unit.h"

static enum lh_name_match match(const char *function, const char *symbol)
{
	return lh_name_match(function, (uint32_t)strlen(function), symbol);
}

#define SAME(function, symbol) CHECK_EQ(match(function, symbol), LH_NAME_SAME)
#define OTHER(function, symbol) CHECK_EQ(match(function, symbol), LH_NAME_OTHER)
#define CHANGED(function, symbol) CHECK_EQ(match(function, symbol), LH_NAME_CHANGED)

static void names_of_c(void)
{
	SAME("item_lock", "item_lock");
	SAME("item_lock", "item_lock@@VERS_1");
	SAME("item_lock", "item_lock.lto_priv.0");
	SAME("item_lock", "item_lock.llvm.123456");
	SAME("item_lock.constprop.0", "item_lock.constprop.0");
	OTHER("item_lock", "item_lock2");
	OTHER("item_lock", "item_loc");
	OTHER("item_lock", "item_lock.cold");
	OTHER("item_lock", "item_lock.part.0.cold");
	CHANGED("item_lock", "item_lock.constprop.0");
	CHANGED("item_lock", "item_lock.isra.0");
	CHANGED("item_lock", "item_lock.part.0");
	CHANGED("item_lock", "item_lock.lto_priv.0.constprop.0");
}

static void names_of_cxx(void)
{
	SAME("base::Lock::Acquire", "_ZN4base4Lock7AcquireEv");
	SAME("::base::Lock::Acquire", "_ZN4base4Lock7AcquireEv");
	SAME("_ZN4base4Lock7AcquireEv", "_ZN4base4Lock7AcquireEv");
	SAME("base::Lock::Holds", "_ZNK4base4Lock5HoldsEi");
	SAME("base::Lock::Acquire", "_ZN4base4Lock7AcquireEPKcS2_i"); /* any parameters */
	OTHER("Lock::Acquire", "_ZN4base4Lock7AcquireEv");
	OTHER("base::Lock::Acq", "_ZN4base4Lock7AcquireEv");
	OTHER("base::Lock", "_ZN4base4Lock7AcquireEv");
	OTHER("base::Lock::Acquire::x", "_ZN4base4Lock7AcquireEv");
	OTHER("base::Lock::Acquire", "_ZTHN4base4Lock7AcquireE");
	CHANGED("base::Lock::Acquire", "_ZN4base4Lock7AcquireEv.constprop.0");
	SAME("take", "_Z4takeP4Lock");
	SAME("take", "_ZL4takeP4Lock"); /* static */
	OTHER("take", "_Z5taker");
	SAME("std::mutex::lock", "_ZNSt5mutex4lockEv");
	SAME("std::take", "_ZSt4takei");
	SAME("(anonymous namespace)::Lock::take", "_ZN12_GLOBAL__N_14Lock4takeEv");
	SAME("Lock::Lock", "_ZN4LockC1Ev");
	SAME("Lock::Lock", "_ZN4LockC2Ei");
	SAME("Lock::~Lock", "_ZN4LockD1Ev");
	OTHER("Lock::~Lock", "_ZN4LockD0Ev");
	OTHER("Lock::~Lock", "_ZN4LockC1Ev");
}

static void templates(void)
{
	SAME("llvm::sys::SmartMutex::lock", "_ZN4llvm3sys10SmartMutexILb1EE4lockEv");
	SAME("A::f", "_ZN1AIiLi42ENS_1BEE1fEv");
	SAME("A::f", "_ZN1AINSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEE1fEv");
	SAME("A::f", "_ZN1AIJidEE1fIcEEvT_");
	SAME("A::f", "_ZN1AIA16_iS_T0_E1fEv");
	SAME("f", "_Z1fIiEvT_");
	SAME("A::~A", "_ZN1AIiED1Ev");
	SAME("A::f", "_ZN1A1fB5cxx11Ev");
	OTHER("A::f", "_ZN1AIiE1gEv");
}

/* Every prefix of a symbol is some symbol: none may be read beyond its end. */
static void damaged(void)
{
	static const char symbol[] = "_ZN4llvm3sys10SmartMutexILb1EJiEE4lockEv";
	char part[sizeof(symbol)];

	for (size_t n = 0; n < sizeof(symbol) - 3; n++) {
		memcpy(part, symbol, n);
		part[n] = '\0';
		OTHER("llvm::sys::SmartMutex::lock", part);
	}
	OTHER("A::f", "_ZN99999999991A1fEv");
	OTHER("A::f", "_ZN1AI");
	OTHER("", "_ZN");
}

int main(void)
{
	names_of_c();
	names_of_cxx();
	templates();
	damaged();
	return unit_done();
}
