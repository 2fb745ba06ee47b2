/*
 * A project's own mutex and guard: the place is where the guard is made. A function that does
 * more than lock is no wrapper.
 * RUN: login lock-order
 * RUN: two lock-order lock-order
 * RUN: in-order nothing
 * RUN: tried nothing
 * GATE: login two
 */
#include "turn.h"
#include "wrapper.h"

#include <string>
#include <thread>
#include <vector>

class Server
{
      public:
	void login(const std::string &user)
	{
		// AT login two: holds Server::sessions_lock_ in Server::login(std::string const&)
		base::Guard sessions(sessions_lock_);
		// AT login two: wants Server::users_lock_ in Server::login(std::string const&)
		base::Guard users(users_lock_);
		users_.push_back(user);
	}

	void logout(const std::string &user)
	{
		// AT login two: holds Server::users_lock_ in Server::logout(std::string const&)
		base::Guard users(users_lock_);
		std::erase(users_, user);
		// AT login two: wants Server::sessions_lock_ in Server::logout(std::string const&)
		base::Guard sessions(sessions_lock_);
		count_--;
	}

	/* Counts besides: no wrapper. */
	void enter()
	{
		count_++;
		log_lock_.lock(); // AT two: holds Server::log_lock_ in Server::enter()
	}
	void leave()
	{
		log_lock_.unlock();
	}

	void write()
	{
		enter();
		users_lock_.lock(); // AT two: wants Server::users_lock_ in Server::write()
		users_lock_.unlock();
		leave();
	}
	void rotate()
	{
		// AT two: holds Server::users_lock_ in Server::rotate()
		base::Guard users(users_lock_);
		// AT two: wants Server::log_lock_ in Server::rotate()
		log_lock_.lock();
		log_lock_.unlock();
	}

	void kick()
	{
		base::Guard users(users_lock_);
		if (sessions_lock_.try_lock())
			sessions_lock_.unlock();
	}

      private:
	base::Mutex sessions_lock_, users_lock_, log_lock_;
	std::vector<std::string> users_;
	int count_ = 0;
};

static void in_turn(Server &server, void (*f)(Server &), void (*g)(Server &), int first)
{
	std::thread t([&] {
		turn mine(first);
		f(server);
	});
	std::thread u([&] {
		turn mine(first + 1);
		g(server);
	});
	t.join();
	u.join();
}

int main(int, char **argv)
{
	const char *run = argv[1];
	Server server;
	auto in = [](Server &s) { s.login("ann"); };
	auto out = [](Server &s) { s.logout("ann"); };

	if (is(run, "login") || is(run, "two"))
		in_turn(server, in, out, 0);
	if (is(run, "two"))
		in_turn(
			server, [](Server &s) { s.write(); }, [](Server &s) { s.rotate(); }, 2);
	if (is(run, "in-order"))
		in_turn(server, in, in, 0);
	if (is(run, "tried"))
		in_turn(
			server, in, [](Server &s) { s.kick(); }, 0);
}
