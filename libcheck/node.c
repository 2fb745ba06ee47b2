/* node.c — see node.h. */
#include "node.h"
#include "linear.h"

enum { SEEN_MAX = 6 /* threads kept of one node; more is "many" */ };

/*
 * There is a list for each node or so, and each new node splits one list in two (linear.h).
 */
static uint32_t *heads;
static uint32_t lists; /* so many are in use */

/*
 * Short-lived locks that nest in nothing come and go by the million: a node without
 * parent and children is used again once its lock is dead. (The judge has nothing of
 * it but the rows of LH_T_SEEN, in lists by thread; so those stay with their thread.)
 */
static lh_node_id free_roots; /* linked by hash_next */
static void forget(struct lh_lock *l);

bool lh_node_init(void)
{
	free_roots = 0;
	lh_lock_dying = forget;
	heads = lh_book_private((size_t)lh_book_rows(LH_T_NODE) * sizeof(uint32_t));
	lists = 1;
	return heads != NULL;
}

static uint32_t hash(lh_node_id parent, lh_lock_id lock, lh_place place)
{
	uint64_t h = ((uint64_t)parent << 32 | lock) * 0x9e3779b97f4a7c15u;

	h = (h ^ h >> 31 ^ place) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(h >> 32);
}

static uint32_t *head_of(lh_node_id parent, lh_lock_id lock, lh_place place)
{
	return &heads[lh_linear_list(hash(parent, lock, place), lists)];
}

/* One more list: it takes its half of the list that it was folded into. */
static void split(void)
{
	if (lists >= lh_book_used(LH_T_NODE) || lists >= lh_book_rows(LH_T_NODE))
		return;
	uint32_t fresh = lists++, *from = &heads[lh_linear_parent(fresh)];
	lh_node_id i = *from;

	*from = 0;
	while (i) {
		struct lh_node *n = &LH_NODES[i];
		lh_node_id next = n->hash_next;
		uint32_t *to = head_of(n->parent, n->lock, n->place);
		n->hash_next = *to;
		*to = i;
		i = next;
	}
}

static lh_node_id find(lh_node_id parent, lh_lock_id lock, lh_place place)
{
	for (lh_node_id i = *head_of(parent, lock, place); i; i = LH_NODES[i].hash_next) {
		const struct lh_node *n = &LH_NODES[i];
		if (n->parent == parent && n->lock == lock && n->place == place)
			return i;
	}
	return 0;
}

static bool is_lonely(const struct lh_node *n)
{
	return !n->parent && !n->children;
}

static void unhash(lh_node_id id)
{
	const struct lh_node *n = &LH_NODES[id];
	uint32_t *at = head_of(n->parent, n->lock, n->place);

	while (*at && *at != id)
		at = &LH_NODES[*at].hash_next;
	if (*at)
		*at = n->hash_next;
}

static void let_seen_go(struct lh_me *me, lh_node_id id)
{
	lh_thread_id thread = me->parked ? me->parked->thread : 0;
	uint32_t next;

	for (uint32_t i = LH_NODES[id].seen; i; i = next) {
		next = LH_SEENS[i].next;
		LH_SEENS[i].node = 0;
		if (LH_SEENS[i].thread != thread)
			continue;
		LH_SEENS[i].next = me->free_seen;
		me->free_seen = i;
	}
}

static void forget(struct lh_lock *l)
{
	for (uint32_t *at = &l->nodes; *at;) {
		lh_node_id id = *at;
		struct lh_node *n = &LH_NODES[id];
		if (!is_lonely(n) || (l->flags & LH_LOCK_KEPT)) {
			at = &n->next;
			continue;
		}
		*at = n->next;
		unhash(id);
		let_seen_go(lh_myself(), id);
		n->hash_next = free_roots;
		free_roots = id;
	}
}

static lh_node_id new_row(lh_node_id parent)
{
	lh_node_id id = parent ? 0 : free_roots;

	if (!id)
		return lh_book_new(LH_T_NODE, 1);
	free_roots = LH_NODES[id].hash_next;
	return id;
}

static lh_node_id make(lh_node_id parent, lh_lock_id lock, lh_place place)
{
	struct lh_lock *l = lh_lock_row(lock);
	lh_node_id id = l ? new_row(parent) : 0;

	if (!id) {
		lh_book.ledger->dropped_nodes++;
		return 0;
	}
	split();
	uint32_t *head = head_of(parent, lock, place);
	LH_NODES[id] = (struct lh_node){.parent = parent,
					.lock = lock,
					.place = place,
					.depth = (uint16_t)(LH_NODES[parent].depth + 1),
					.next = l->nodes,
					.hash_next = *head};
	if (parent && LH_NODES[parent].children < UINT16_MAX)
		LH_NODES[parent].children++;
	l->nodes = id;
	*head = id;
	return id;
}

static uint32_t new_seen(struct lh_me *me)
{
	uint32_t at = me->free_seen;

	if (!at)
		return lh_book_new(LH_T_SEEN, 1);
	me->free_seen = LH_SEENS[at].next;
	return at;
}

/*
 * True if this thread or this segment of it is new here. A row says "in every segment
 * from first to last", so it grows by one or another row is added.
 */
static bool note(lh_node_id id, lh_thread_id thread, uint32_t segment)
{
	struct lh_node *n = &LH_NODES[id];
	struct lh_seen *own = NULL;
	uint32_t count = 0;

	for (uint32_t i = n->seen; i; i = LH_SEENS[i].next, count++) {
		struct lh_seen *s = &LH_SEENS[i];
		if (s->thread != thread)
			continue;
		if (segment <= s->last)
			return false;
		if (!own || s->last > own->last)
			own = s;
	}
	/* with no room for one more row, a gap is judged as if it had happened in it too */
	if (own && (segment == own->last + 1 || count >= SEEN_MAX)) {
		own->last = segment;
		return true;
	}
	if (n->flags & LH_NODE_MANY)
		return false;
	uint32_t at = count < SEEN_MAX ? new_seen(lh_myself()) : 0;
	if (!at) {
		n->flags |= LH_NODE_MANY;
		return true;
	}
	static uint32_t serial;
	LH_SEENS[at] = (struct lh_seen){id, thread, segment, segment, n->seen, ++serial};
	n->seen = at;
	return true;
}

lh_node_id lh_node_link(lh_node_id parent, lh_lock_id lock, lh_place place)
{
	lh_node_id id = find(parent, lock, place);

	return id ? id : make(parent, lock, place);
}

lh_node_id lh_node_learn(struct lh_me *me, lh_node_id parent, lh_lock_id lock, lh_place place,
			 bool *fresh)
{
	const struct lh_seat *s = me->parked;
	lh_node_id id = lh_node_link(parent, lock, place);

	if (!id)
		return 0;
	*fresh = note(id, s->thread, s->segment);
	*lh_known_slot(me, parent, lock, place) = (struct lh_known_node){parent, lock, place, id};
	return id;
}
