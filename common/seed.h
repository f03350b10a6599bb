#pragma once
/* Seeds of hash tables, so that nobody outside can choose names that all fall into one slot. */
#include <stdint.h>

/* A number that differs from process to process, and between tables of one process by `at`, the table's place. It costs no call of the kernel:
 * tables are made for every request. */
uint64_t seed_of(const void *at);
