/*
 * A hundred sessions with two locks each. One thread acquires both locks of each session in turn;
 * another does so the other way round, from the last session to the first.
 * CAN: at each session, if both threads are in the same one.
 */
#include "scene.h"

enum { SESSIONS = 100 };

struct session {
	pthread_mutex_t state, queue;
};
static struct session *session[SESSIONS];

static void state_queue(void)
{
	for (int i = 0; i < SESSIONS; i++) {
		lock(session[i]->state);
		lock(session[i]->queue);
		unlock(session[i]->queue);
		unlock(session[i]->state);
		ms(0.05);
	}
}

static void queue_state(void)
{
	ms(15);
	for (int i = SESSIONS - 1; i >= 0; i--) {
		lock(session[i]->queue);
		lock(session[i]->state);
		unlock(session[i]->state);
		unlock(session[i]->queue);
		ms(0.05);
	}
}

int main(void)
{
	for (int i = 0; i < SESSIONS; i++) {
		session[i] = malloc(sizeof(*session[i]));
		pthread_mutex_init(&session[i]->state, NULL);
		pthread_mutex_init(&session[i]->queue, NULL);
	}
	side_by_side(state_queue, queue_state);
}
