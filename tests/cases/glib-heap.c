/*
 * GLib locks in objects on the heap have the names of their members.
 * EXPECT: lock-order Hub->lock Session->mu
 * EXPECT-TEXT: Session->rw
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

typedef struct {
	int n;
	GMutex mu;
	GRecMutex rec;
	GRWLock rw;
} Session;
typedef struct {
	GMutex lock;
} Hub;
static Hub *hub;
static Session *session;

static void hub_first(void)
{
	Session *s = session;

	g_mutex_lock(&hub->lock);
	g_mutex_lock(&s->mu);
	s->n++;
	g_mutex_unlock(&s->mu);
	g_mutex_unlock(&hub->lock);
}

static void session_first(void)
{
	Session *s = session;

	g_mutex_lock(&s->mu);
	g_rec_mutex_lock(&s->rec);
	g_rw_lock_writer_lock(&s->rw);
	g_mutex_lock(&hub->lock);
	g_mutex_unlock(&hub->lock);
	g_rw_lock_writer_unlock(&s->rw);
	g_rec_mutex_unlock(&s->rec);
	g_mutex_unlock(&s->mu);
}

int main(void)
{
	hub = g_new0(Hub, 1);
	session = g_new0(Session, 1);
	in_turn(hub_first, session_first);
}
