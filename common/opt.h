#pragma once
/* Optional values: absent is never spelled as zero. */
#include <stdbool.h>
#include <stdint.h>

struct opt_i32 {
	bool set;
	int32_t value;
};

struct opt_i64 {
	bool set;
	int64_t value;
};

struct opt_f64 {
	bool set;
	double value;
};

struct opt_bool {
	bool set;
	bool value;
};

static inline struct opt_i32 opt_i32_of(int32_t value)
{
	return (struct opt_i32){ true, value };
}

static inline struct opt_i64 opt_i64_of(int64_t value)
{
	return (struct opt_i64){ true, value };
}
