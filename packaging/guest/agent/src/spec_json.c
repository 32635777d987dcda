#include "spec_json.h"

#include <string.h>

#include "linux_json.h"
#include "sysctl.h"

static const char crun_annotations[] = "run.oci.";

// ---- process

static void capabilities_json(struct json *json, const Grpc__LinuxCapabilities *capabilities) {
    if (capabilities == NULL) return;
    json_open_object(json, "capabilities");
    json_strings_if_given(json, "bounding", capabilities->bounding, capabilities->n_bounding);
    json_strings_if_given(json, "effective", capabilities->effective, capabilities->n_effective);
    json_strings_if_given(json, "inheritable", capabilities->inheritable, capabilities->n_inheritable);
    json_strings_if_given(json, "permitted", capabilities->permitted, capabilities->n_permitted);
    json_strings_if_given(json, "ambient", capabilities->ambient, capabilities->n_ambient);
    json_close_object(json);
}

static void user_json(struct json *json, const Grpc__User *user) {
    json_open_object(json, "user");
    json_unsigned(json, "uid", user == NULL ? 0 : user->uid);
    json_unsigned(json, "gid", user == NULL ? 0 : user->gid);
    if (user != NULL && user->umask_value_case == GRPC__USER__UMASK_VALUE_UMASK) json_unsigned(json, "umask", user->umask);
    if (user != NULL && user->n_additionalgids > 0) {
        json_open_array(json, "additionalGids");
        for (size_t i = 0; i < user->n_additionalgids; i++) json_unsigned(json, NULL, user->additionalgids[i]);
        json_close_array(json);
    }
    json_close_object(json);
}

static void rlimits_json(struct json *json, Grpc__POSIXRlimit *const *rlimits, size_t count) {
    if (count == 0) return;
    json_open_array(json, "rlimits");
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_string(json, "type", rlimits[i]->type);
        json_unsigned(json, "hard", rlimits[i]->hard);
        json_unsigned(json, "soft", rlimits[i]->soft);
        json_close_object(json);
    }
    json_close_array(json);
}

void process_json(struct json *json, const char *key, const Grpc__Process *process) {
    json_open_object(json, key);
    if (process->terminal) json_bool(json, "terminal", true);
    if (process->terminal && process->consolesize != NULL && process->consolesize->height > 0) {
        json_open_object(json, "consoleSize");
        json_unsigned(json, "height", process->consolesize->height);
        json_unsigned(json, "width", process->consolesize->width);
        json_close_object(json);
    }
    user_json(json, process->user);
    json_strings_if_given(json, "args", process->args, process->n_args);
    json_strings_if_given(json, "env", process->env, process->n_env);
    json_string(json, "cwd", *process->cwd != 0 ? process->cwd : "/");
    capabilities_json(json, process->capabilities);
    rlimits_json(json, process->rlimits, process->n_rlimits);
    json_bool(json, "noNewPrivileges", process->nonewprivileges);
    json_integer_if_given(json, "oomScoreAdj", process->oomscoreadj);
    json_close_object(json);
}

// ---- the rest of what is not Linux's

static void mounts_json(struct json *json, Grpc__Mount *const *mounts, size_t count) {
    json_open_array(json, "mounts");
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_string(json, "destination", mounts[i]->destination);
        json_string_if_given(json, "type", mounts[i]->type);
        json_string_if_given(json, "source", mounts[i]->source);
        json_strings_if_given(json, "options", mounts[i]->options, mounts[i]->n_options);
        json_close_object(json);
    }
    json_close_array(json);
}

static void hook_list_json(struct json *json, const char *key, Grpc__Hook *const *hooks, size_t count) {
    if (count == 0) return;
    json_open_array(json, key);
    for (size_t i = 0; i < count; i++) {
        json_open_object(json, NULL);
        json_string(json, "path", hooks[i]->path);
        json_strings_if_given(json, "args", hooks[i]->args, hooks[i]->n_args);
        json_strings_if_given(json, "env", hooks[i]->env, hooks[i]->n_env);
        json_integer_if_given(json, "timeout", hooks[i]->timeout);
        json_close_object(json);
    }
    json_close_array(json);
}

static void hooks_json(struct json *json, const Grpc__Hooks *hooks) {
    if (hooks == NULL) return;
    json_open_object(json, "hooks");
    hook_list_json(json, "prestart", hooks->prestart, hooks->n_prestart);
    hook_list_json(json, "createRuntime", hooks->createruntime, hooks->n_createruntime);
    hook_list_json(json, "createContainer", hooks->createcontainer, hooks->n_createcontainer);
    hook_list_json(json, "startContainer", hooks->startcontainer, hooks->n_startcontainer);
    hook_list_json(json, "poststart", hooks->poststart, hooks->n_poststart);
    hook_list_json(json, "poststop", hooks->poststop, hooks->n_poststop);
    json_close_object(json);
}

static void annotations_json(struct json *json, Grpc__Spec__AnnotationsEntry *const *annotations, size_t count) {
    if (count == 0) return;
    json_open_object(json, "annotations");
    for (size_t i = 0; i < count; i++)
        if (strncmp(annotations[i]->key, crun_annotations, sizeof crun_annotations - 1) != 0)
            json_string(json, annotations[i]->key, annotations[i]->value);
    json_close_object(json);
}

void spec_json(struct json *json, const Grpc__Spec *spec, const struct spec_context *context) {
    json_open_object(json, NULL);
    json_string(json, "ociVersion", "1.0.2");
    process_json(json, "process", spec->process);
    json_open_object(json, "root");
    json_string(json, "path", context->rootfs);
    json_bool(json, "readonly", spec->root->readonly);
    json_close_object(json);
    json_string_if_given(json, "hostname", spec->hostname);
    mounts_json(json, spec->mounts, spec->n_mounts);
    hooks_json(json, spec->hooks);
    annotations_json(json, spec->annotations, spec->n_annotations);
    linux_json(json, spec->linux, context);
    json_close_object(json);
}
