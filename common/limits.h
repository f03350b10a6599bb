#pragma once
/* Maxima that several files share, each with its reason. A file's own maxima stand at its top. */

/* One Kubernetes object: etcd refuses more than 1.5 MiB; twice that leaves room for JSON's overhead. */
#define LIMIT_OBJECT_BYTES (3u * 1024 * 1024)
/* One answer of a metrics API or a small list. 150,000 rows of about 110 bytes are 16 MiB. */
#define LIMIT_METRICS_ANSWER_BYTES (64u * 1024 * 1024)
/* One answer of Prometheus, as above. */
#define LIMIT_PROMETHEUS_ANSWER_BYTES (64u * 1024 * 1024)
/* A file that a person writes: configuration, manifest. */
#define LIMIT_CONFIG_FILE_BYTES (4u * 1024 * 1024)
/* Certificates and tokens. */
#define LIMIT_CREDENTIAL_FILE_BYTES (1024u * 1024)
/* Nesting of JSON and YAML; deeper documents are attacks. Recorded trees of PromQL expressions go to 305. */
#define LIMIT_NESTING 512u
/* Memory of one pass over one object: 5,000 pods at about 1 KiB, their metrics and the texts. */
#define LIMIT_PASS_ARENA_BYTES (64u * 1024 * 1024)
