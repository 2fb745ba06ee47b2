/*
 * A producer puts an order into a queue, after it has used two locks; the consumer takes it and
 * uses them the other way round.
 * CANNOT: there is one order, and one producer.
 * NEAR CAN: there are two producers, and the consumer may have the order of the other one.
 */
#include "scene.h"

MUTEX(stock);
MUTEX(ledger);
EVENT(queue); /* the orders put */
IN_ORDER(stock_ledger, stock, ledger)
IN_ORDER(ledger_stock, ledger, stock)

static void produce(void)
{
	stock_ledger();
	raise_event(&queue);
}

#ifdef NEAR
static void produce_late(void)
{
	ms(6);
	produce();
}
#endif

static void consume(void)
{
	int orders = 1;
#ifdef NEAR
	orders = 2;
#endif
	for (int i = 1; i <= orders; i++) {
		await_event(&queue, i);
		ms(1);
		ledger_stock();
	}
}

int main(void)
{
#ifdef NEAR
	side_by_side(produce, produce_late, consume);
#else
	side_by_side(produce, consume);
#endif
}
