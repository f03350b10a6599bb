/* A stack of nodes that are still to be visited; as long as the tree is at most. */
#include "promql/ast_walk.h"

#include "common/vec.h"

enum error_kind ast_walk(struct ast *root, ast_walk_fn fn, void *ctx, struct error *err)
{
	VEC(struct ast *) stack = { .at = NULL };
	struct ast **slot = VEC_PUSH(&stack, SIZE_MAX);
	bool go_on = slot != NULL;

	if (slot)
		*slot = root;
	while (go_on && stack.n > 0) {
		struct ast *n = stack.at[--stack.n];
		size_t n_children = 0;

		if (!fn(n, ctx))
			break;
		while (ast_child(n, n_children))
			n_children++;
		while (n_children > 0 && go_on) {
			slot = VEC_PUSH(&stack, SIZE_MAX);
			go_on = slot != NULL;
			if (slot)
				*slot = ast_child(n, --n_children);
		}
	}
	VEC_DONE(&stack);
	return go_on ? ERR_OK : error_nomem(err);
}
