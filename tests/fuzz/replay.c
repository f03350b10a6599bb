/* main of a fuzz target without libFuzzer: runs it over the files of a corpus folder. Usage:
 * fuzz_NAME FOLDER */
#include <dirent.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define PATH_BYTES_MAX 4096
/* Corpus files are small; a larger one is a mistake. */
#define FILE_BYTES_MAX (1024 * 1024)

/* The bytes stand alone in their memory, so that sanitizers see one read too many. */
static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *read_buffer = malloc(FILE_BYTES_MAX);
	size_t size = 0;

	if (file && read_buffer)
		size = fread(read_buffer, 1, FILE_BYTES_MAX, file);
	if (!file || !read_buffer || ferror(file) || size == FILE_BYTES_MAX) {
		(void)fprintf(stderr, "%s: cannot be read, or is not below %d bytes\n", path,
			FILE_BYTES_MAX);
		return EXIT_FAILURE;
	}
	(void)fclose(file);
	uint8_t *data = malloc(size ? size : 1);
	if (!data)
		return EXIT_FAILURE;
	memcpy(data, read_buffer, size);
	free(read_buffer);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	int n_files = 0;
	int result = EXIT_SUCCESS;

	if (!folder) {
		(void)fprintf(stderr, "usage: %s FOLDER (a readable one)\n", argv[0]);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(folder)) && result == EXIT_SUCCESS) {
		char path[PATH_BYTES_MAX];
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		/* The last line before a crash names the file. */
		(void)printf("%s\n", path);
		(void)fflush(stdout);
		result = replay_file(path);
		n_files++;
	}
	(void)closedir(folder);
	if (n_files == 0) {
		(void)fprintf(stderr, "%s: no files\n", argv[1]);
		return EXIT_FAILURE;
	}
	(void)printf("%d files\n", n_files);
	return result;
}
