// long_names.cc — two threads lock in opposite orders, one after the other, in functions whose demangled names have some
// 300 characters. For the width of the short form.
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace trading::exchange::matching::engine::internal::detail
{
template <class Currency, class Instrument,
	  class Policy = std::map<std::string, std::vector<std::pair<Currency, Instrument>>>>
class OrderBookWithPriceTimePriorityAndSettlement
{
public:
	std::mutex order_book_protection_mutex_which_has_a_long_name_;
	template <class F> void with_every_order_locked_for_the_settlement(F f)
	{
		std::lock_guard<std::mutex> guard(order_book_protection_mutex_which_has_a_long_name_);
		f(*this);
	}
	void settle(OrderBookWithPriceTimePriorityAndSettlement &other)
	{
		std::lock_guard<std::mutex> outer(order_book_protection_mutex_which_has_a_long_name_);
		other.with_every_order_locked_for_the_settlement([](auto &) {});
	}
};
struct EuroWithCents {
};
struct PerpetualFutureOnElectricity {
};
} // namespace trading::exchange::matching::engine::internal::detail

using namespace trading::exchange::matching::engine::internal::detail;
using Book = OrderBookWithPriceTimePriorityAndSettlement<EuroWithCents, PerpetualFutureOnElectricity>;

static Book *left_book_of_the_european_exchange_for_electricity_and_other_commodities = new Book;
static Book *right_book_of_the_european_exchange_for_electricity_and_other_commodities = new Book;

int main()
{
	std::atomic<bool> first_has_ended{false};
	std::thread first([&] {
		left_book_of_the_european_exchange_for_electricity_and_other_commodities->settle(
			*right_book_of_the_european_exchange_for_electricity_and_other_commodities);
		first_has_ended = true;
	});
	std::thread second([&] {
		while (!first_has_ended)
			std::this_thread::yield();
		right_book_of_the_european_exchange_for_electricity_and_other_commodities->settle(
			*left_book_of_the_european_exchange_for_electricity_and_other_commodities);
	});
	first.join();
	second.join();
}
