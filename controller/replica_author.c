/* Target -> author of its replica count. An owner by server-side apply that never changes the value keeps an old time, so that the newest owner is the one who
 * set the present value. */
#include "controller/replica_author.h"

bool replica_author_find(struct sv target, struct managed_fields_writer *ret)
{
	static const char *const PATH[] = { "f:spec", "f:replicas", NULL };
	const struct managed_fields_query query = { .path = PATH };

	return managed_fields_newest(target, &query, ret);
}

bool replica_author_is_ours(const struct managed_fields_writer *author)
{
	return strcmp(author->manager, REPLICA_AUTHOR_OURS) == 0 &&
	       strcmp(author->subresource, "scale") == 0;
}

void replica_author_print(struct buf *out, const struct managed_fields_writer *author)
{
	buf_put_str(out, author->manager[0] ? author->manager : "an unnamed manager");
	if (author->operation[0])
		buf_printf(out, author->subresource[0] ? " (%s of %s)" : " (%s)", author->operation,
			author->subresource);
	if (!instant_wall_is_zero(author->time)) {
		buf_put_str(out, " at ");
		instant_wall_print(out, author->time);
	}
}
