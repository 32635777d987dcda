// Writing JSON, for crun to read. Nothing is ever parsed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_gen.h>

struct json {
    yajl_gen gen;
    bool failed; // out of memory, or text that is no UTF-8
};

bool json_begin(struct json *json);
void json_free(struct json *json);

// Writes the text to a descriptor; false with errno on failure, EINVAL if the JSON is not whole.
bool json_write(struct json *json, int fd);

// Each of these takes a key, or NULL inside an array or for the whole text.
void json_open_object(struct json *json, const char *key);
void json_close_object(struct json *json);
void json_open_array(struct json *json, const char *key);
void json_close_array(struct json *json);
void json_string(struct json *json, const char *key, const char *text);
void json_integer(struct json *json, const char *key, int64_t value);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

// Left out if empty or 0, which is how these messages say "not given".
void json_string_if_given(struct json *json, const char *key, const char *text);
void json_integer_if_given(struct json *json, const char *key, int64_t value);
void json_unsigned_if_given(struct json *json, const char *key, uint64_t value);
void json_strings_if_given(struct json *json, const char *key, char *const *texts, size_t count);
