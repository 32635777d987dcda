#include "json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void check(struct json *json, yajl_gen_status status) {
    if (status != yajl_gen_status_ok) json->failed = true;
}

static void raw_string(struct json *json, const char *text) {
    check(json, yajl_gen_string(json->gen, (const unsigned char *)text, strlen(text)));
}

static void raw_key(struct json *json, const char *key) {
    if (key != NULL) raw_string(json, key);
}

bool json_begin(struct json *json) {
    json->failed = false;
    json->gen = yajl_gen_alloc(NULL);
    if (json->gen != NULL) yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
    return json->gen != NULL;
}

void json_free(struct json *json) {
    if (json->gen != NULL) yajl_gen_free(json->gen);
    json->gen = NULL;
}

bool json_write(struct json *json, int fd) {
    const unsigned char *text;
    size_t length;
    if (json->failed || yajl_gen_get_buf(json->gen, &text, &length) != yajl_gen_status_ok) {
        errno = EINVAL;
        return false;
    }
    while (length > 0) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        text += written;
        length -= (size_t)written;
    }
    return true;
}

void json_open_object(struct json *json, const char *key) {
    raw_key(json, key);
    check(json, yajl_gen_map_open(json->gen));
}

void json_close_object(struct json *json) {
    check(json, yajl_gen_map_close(json->gen));
}

void json_open_array(struct json *json, const char *key) {
    raw_key(json, key);
    check(json, yajl_gen_array_open(json->gen));
}

void json_close_array(struct json *json) {
    check(json, yajl_gen_array_close(json->gen));
}

void json_string(struct json *json, const char *key, const char *text) {
    raw_key(json, key);
    raw_string(json, text);
}

void json_integer(struct json *json, const char *key, int64_t value) {
    raw_key(json, key);
    check(json, yajl_gen_integer(json->gen, value));
}

void json_unsigned(struct json *json, const char *key, uint64_t value) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    raw_key(json, key);
    check(json, yajl_gen_number(json->gen, digits, (size_t)length));
}

void json_bool(struct json *json, const char *key, bool value) {
    raw_key(json, key);
    check(json, yajl_gen_bool(json->gen, value));
}

void json_string_if_given(struct json *json, const char *key, const char *text) {
    if (*text != 0) json_string(json, key, text);
}

void json_integer_if_given(struct json *json, const char *key, int64_t value) {
    if (value != 0) json_integer(json, key, value);
}

void json_unsigned_if_given(struct json *json, const char *key, uint64_t value) {
    if (value != 0) json_unsigned(json, key, value);
}

void json_strings_if_given(struct json *json, const char *key, char *const *texts, size_t count) {
    if (count == 0) return;
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++) json_string(json, NULL, texts[i]);
    json_close_array(json);
}
