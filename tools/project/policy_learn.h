/*
 * policy_learn.h — an order policy out of what runs have shown.
 *
 * Does not decide what is right: where runs contradict themselves the order that was seen at
 * more places is written, and the other one as a comment with its place.
 */
#ifndef LH_PROJECT_POLICY_LEARN_H
#define LH_PROJECT_POLICY_LEARN_H

#include "tools/project/policy.h"
#include "tools/render/render.h"

lh_renderer lh_policy_learn;

/* Counts at how many places each arc was seen. */
void lh_policy_count(struct lh_policy *, const struct lh_report *);

/* The next name on a shortest way from the one to the other; the other if there is none. */
uint32_t lh_policy_first_rule(const struct lh_policy *, uint32_t from, uint32_t to);

#endif
