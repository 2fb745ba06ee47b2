/*
 * policy_learn.h — an order policy learned from recorded runs.
 *
 * Does not decide which order is right: if runs contradict each other, the order that was seen at
 * more sites becomes a rule, and the other order a comment with its site.
 */
#ifndef LH_PROJECT_POLICY_LEARN_H
#define LH_PROJECT_POLICY_LEARN_H

#include "tools/project/policy.h"
#include "tools/render/render.h"

lh_renderer lh_policy_learn;

/* Counts at how many sites each rule's order was seen. */
void lh_policy_count(struct lh_policy *, const struct lh_report *);

/* The next name on a shortest path of rules between these names; `to` if there is no path. */
uint32_t lh_policy_first_rule(const struct lh_policy *, uint32_t from, uint32_t to);

#endif
