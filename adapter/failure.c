/* struct failure -> Status document. Which words belong to which situation is decided where the situation is known. */
#include "adapter/failure.h"

#include "common/jw.h"

static void put_details(struct jw *w, const struct failure *f)
{
	if (f->details == FAILURE_NO_DETAILS)
		return;
	jw_key(w, "details");
	jw_object(w);
	if (f->details == FAILURE_CAUSE) {
		jw_key(w, "causes");
		jw_array(w);
		jw_object(w);
		jw_member_sv(w, "message", f->cause);
		jw_object_end(w);
		jw_array_end(w);
	}
	if (f->details == FAILURE_OBJECT) {
		if (f->name.len)
			jw_member_sv(w, "name", f->name);
		if (f->group.len)
			jw_member_sv(w, "group", f->group);
		if (f->kind.len)
			jw_member_sv(w, "kind", f->kind);
	}
	jw_object_end(w);
}

void failure_print(struct buf *out, const struct failure *f)
{
	struct jw w;
	jw_init(&w, out);
	jw_object(&w);
	jw_member_str(&w, "kind", "Status");
	jw_member_str(&w, "apiVersion", "v1");
	jw_key(&w, "metadata");
	jw_object(&w);
	jw_object_end(&w);
	jw_member_str(&w, "status", "Failure");
	jw_member_sv(&w, "message", f->message);
	if (f->reason)
		jw_member_str(&w, "reason", f->reason);
	put_details(&w, f);
	jw_member_i64(&w, "code", f->code);
	jw_object_end(&w);
}
