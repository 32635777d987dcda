#include "sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "aside.h"
#include "container.h"
#include "dns.h"
#include "files.h"
#include "init.h"
#include "log.h"
#include "modprobe.h"
#include "modules.h"
#include "namespaces.h"
#include "removal.h"
#include "transport.h"

struct sandbox sandbox;

void sandbox_init(bool first_process) {
    sandbox.first_process = first_process;
    storage_users_init(&sandbox.storages);
    list_init(&sandbox.containers);
}

// ---- CreateSandbox

struct creation {
    struct storage_setup setup;
    struct call *call;
    const Grpc__CreateSandboxRequest *request;
};

// Most are among what the host shares with the sandbox, so this comes after its storages.
static bool load_modules(const Grpc__CreateSandboxRequest *request, char *error, size_t size) {
    for (size_t i = 0; i < request->n_kernel_modules; i++)
        if (!module_load_by_name(request->kernel_modules[i]->name, request->kernel_modules[i]->parameters,
                                 request->kernel_modules[i]->n_parameters, error, size))
            return false;
    if (sandbox.first_process) modprobe_offer();
    return true;
}

static void storages_done(struct storage_setup *setup, const char *error) {
    struct creation *creation = container_of(setup, struct creation, setup);
    struct call *call = creation->call;
    const Grpc__CreateSandboxRequest *request = creation->request;
    char text[1024];
    free(creation);
    if (error == NULL && !load_modules(request, text, sizeof text)) error = text;
    if (error == NULL && !dns_apply(request->dns, request->n_dns, text, sizeof text)) error = text;
    if (error != NULL) {
        storage_release(&sandbox.storages);
        sandbox.created = false;
        call_fail(call, STATUS_INTERNAL, "CreateSandbox: %s", error);
        return;
    }
    log_info("sandbox %s created", sandbox.id);
    call_reply_empty(call);
}

static bool prepare(const Grpc__CreateSandboxRequest *request, char *error, size_t size) {
    // What an earlier sandbox left: nothing on it can be in use, or it would be this sandbox.
    remove_tree(AGENT_ROOT);
    if (!make_directories(AGENT_ROOT)) {
        snprintf(error, size, "%s: %s", AGENT_ROOT, strerror(errno));
        return false;
    }
    return namespaces_create(request->hostname, error, size);
}

void handle_create_sandbox(struct call *call, const void *message) {
    const Grpc__CreateSandboxRequest *request = message;
    if (sandbox.created) {
        call_fail(call, STATUS_ALREADY_EXISTS, "CreateSandbox: this guest already serves sandbox \"%s\"", sandbox.id);
        return;
    }
    if (request->guest_hook_path[0] != 0) {
        call_fail(call, STATUS_UNIMPLEMENTED,
                  "CreateSandbox: guest_hook_path \"%s\": this agent runs no hooks of the guest image; "
                  "leave it empty",
                  request->guest_hook_path);
        return;
    }
    char error[1024];
    struct creation *creation = calloc(1, sizeof *creation);
    if (creation == NULL) {
        call_fail_memory(call);
        return;
    }
    if (!prepare(request, error, sizeof error)) {
        free(creation);
        call_fail(call, STATUS_INTERNAL, "CreateSandbox: %s", error);
        return;
    }
    sandbox.created = true;
    snprintf(sandbox.id, sizeof sandbox.id, "%s", request->sandbox_id);
    creation->call = call;
    creation->request = request;
    creation->setup.limit_ms = call_time_left_ms(call);
    storage_setup_start(&creation->setup, request->storages, request->n_storages, &sandbox.storages, storages_done);
}

// ---- DestroySandbox

// A guest that is told to go must go: what does not die in this time is left to the power-off.
enum { DESTROY_LIMIT_MS = 5000 };

static struct call *destroy_call;
static unsigned removals_left;

static void gone(void) {
    if (sandbox.first_process) power_off();
    loop_stop(0);
}

static void gone_in_a_hurry(void) {
    if (sandbox.first_process) switch_off();
    loop_stop(0);
}

static void write_out(void *nothing) {
    (void)nothing;
    sync();
}

// What cannot be written in all that time is lost; it would hold up what follows as well.
static void written_out(struct aside *aside, bool finished) {
    (void)aside;
    if (finished) storage_release(&sandbox.storages);
    namespaces_remove();
    log_info("sandbox %s destroyed%s", sandbox.id, finished ? "" : ", with what could not be written");
    call_reply_empty(destroy_call);
    transport_flush(finished ? gone : gone_in_a_hurry);
}

static void finish_destroy(void) {
    static struct aside writing;
    if (aside_start(&writing, write_out, NULL, ASIDE_LIMIT_MS, written_out) != 0) written_out(&writing, false);
}

static void container_removed(struct removal *removal, const char *error) {
    if (error != NULL) log_warn("DestroySandbox: %s", error);
    free(removal);
    if (--removals_left == 0) finish_destroy();
}

// Containers in the middle of a creation or a removal are left out: their processes end with the guest.
static void remove_containers(void) {
    list_each(node, &sandbox.containers) {
        struct container *container = container_of(node, struct container, link);
        container_kill_all(container);
        bool settled = container->state == CONTAINER_CREATED || container->state == CONTAINER_RUNNING;
        struct removal *removal = settled ? malloc(sizeof *removal) : NULL;
        if (removal == NULL) continue;
        removals_left++;
        removal_start(removal, container, DESTROY_LIMIT_MS, !sandbox.first_process, container_removed);
    }
}

void handle_destroy_sandbox(struct call *call, const void *message) {
    (void)message;
    if (destroy_call != NULL) {
        call_fail(call, STATUS_FAILED_PRECONDITION, "DestroySandbox: under way already");
        return;
    }
    destroy_call = call;
    removals_left = 1; // until all have been begun
    remove_containers();
    if (--removals_left == 0) finish_destroy();
}
