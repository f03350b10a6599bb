#pragma once
/* The tables of unicode_data.c; only unicode.c reads them. */
#include <stdint.h>

struct unicode_data_mark {
	uint32_t first;
	uint32_t offset;
};

/* Code points first, first + stride ... last: the next one of the same case folding is `distance` away. */
struct unicode_data_fold {
	uint32_t first, last;
	uint8_t stride;
	int32_t distance;
};

/* Runs of equal category from U+0000 to U+10FFFF: index of the name in the upper five bits, length in the lower three; length 0:
 * the length follows, seven bits a byte, lowest first, the high bit says that more follow. */
extern const unsigned char unicode_data_categories[];
extern const char *const unicode_data_category_names[];
extern const struct unicode_data_mark unicode_data_marks[];
extern const unsigned unicode_data_n_marks;
/* Runs of equal script: index of the name, then the length as above. Names are sorted; the last one means none. */
extern const unsigned char unicode_data_scripts[];
extern const char *const unicode_data_script_names[];
extern const unsigned unicode_data_n_scripts;
/* Sorted by first; those of stride 2 interleave. */
extern const struct unicode_data_fold unicode_data_folds[];
extern const unsigned unicode_data_n_folds;
