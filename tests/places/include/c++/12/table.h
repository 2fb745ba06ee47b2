/* table.h — a header of the user's own in a folder that is named like the C++ library's. */
#include <mutex>

namespace shop
{
class Table {
public:
	void open()
	{
		rows_.lock(); // acquired here
		opened_++;
	}
	void close() { rows_.unlock(); }

private:
	std::mutex rows_;
	int opened_ = 0;
};
} // namespace shop
