#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cgroup.h"
#include "children.h"
#include "device.h"
#include "files.h"
#include "ip.h"
#include "log.h"
#include "options.h"
#include "sysctl.h"
#include "transport.h"
#include "unit.h"

TEST(kernel_parameters_are_read_and_others_passed_over) {
    struct options before = options;
    options_parse("quiet agent.hotplug_timeout=7 root=/dev/vda agent.debug_console agent.debug_console_vport=1026 "
                  "agent.log_vport=1025 agent.container_pipe_size=65536 agent.unknown=1\n");
    CHECK(options.hotplug_timeout_ms == 7000 && options.debug_console && options.debug_console_vport == 1026);
    CHECK(options.log_vport == 1025 && options.container_pipe_size == 65536);
    static const struct {
        const char *word;
        uint32_t milliseconds;
    } durations[] = {{"10s", 10000}, {"500ms", 500}, {"2m", 120000}, {"0", 0}, {"86400", 86400000}};
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "agent.hotplug_timeout=%s", durations[i].word);
        options_parse(line);
        CHECK(options.hotplug_timeout_ms == durations[i].milliseconds);
    }
    options = before;
}

TEST(parameters_that_make_no_sense_change_nothing) {
    struct options before = options;
    enum log_level threshold = log_threshold;
    log_threshold = LOG_ERROR; // the warnings are expected
    options_parse("agent.hotplug_timeout=soon agent.hotplug_timeout=-1 agent.hotplug_timeout=1h agent.log=loud "
                  "agent.container_pipe_size=9999999 agent.log_vport= agent.debug_console=perhaps");
    CHECK(memcmp(&options, &before, sizeof options) == 0);
    log_threshold = threshold;
}

TEST(over_vsock_only_root_of_the_host_is_served) {
    struct options before = options;
    static const struct {
        uint32_t cid, port;
        bool root, host;
    } peers[] = {
        {2, 1023, true, true},   {2, 1, true, true},   {2, 1024, false, true}, {2, 0xfffffffe, false, true},
        {1, 1023, false, false}, {3, 5, false, false}, {0, 5, false, false},   {0xffffffff, 5, false, false},
    };
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        options_parse("agent.vsock_peers=root");
        CHECK(vsock_peer_trusted(peers[i].cid, peers[i].port) == peers[i].root);
        options_parse("agent.vsock_peers=host");
        CHECK(vsock_peer_trusted(peers[i].cid, peers[i].port) == peers[i].host);
    }
    options = before;
    CHECK(!vsock_peer_trusted(2, 1024));
}

TEST(levels_have_the_names_of_all_releases) {
    enum log_level before = log_threshold;
    CHECK(log_threshold_from_name("trace") && log_threshold == LOG_DEBUG);
    CHECK(log_threshold_from_name("critical") && log_threshold == LOG_ERROR);
    CHECK(!log_threshold_from_name("loud"));
    log_threshold = before;
}

TEST(cgroup_paths) {
    static const struct {
        const char *given, *expected;
    } paths[] = {
        {"", "/cid"},
        {"/kubepods/pod1/c1", "/kubepods/pod1/c1"},
        {"relative", "/relative"},
        {"system.slice:saya:c1", "/system.slice/saya/c1"},
        {"/../../escape", "/cid"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char path[64];
        cgroup_path(paths[i].given, "cid", path, sizeof path);
        CHECK(strcmp(path, paths[i].expected) == 0);
    }
}

TEST(addresses_are_parsed) {
    struct ip ip;
    char text[IP_TEXT_SIZE];
    CHECK(ip_parse("10.1.2.3/24", &ip) && ip.family == AF_INET && ip.prefix == 24 && ip.bytes[3] == 3);
    CHECK(ip_parse("10.1.2.3", &ip) && ip.prefix == 32);
    CHECK(ip_parse("fd00::1/64", &ip) && ip.family == AF_INET6 && ip.prefix == 64);
    ip_text(ip.family, ip.bytes, text);
    CHECK(strcmp(text, "fd00::1") == 0);
    static const char *const wrong[] = {"", "10.1.2", "10.1.2.3/33", "10.1.2.3/", "10.1.2.3/x", "fd00::/129", "::g", "1.2.3.4/-1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) CHECK(!ip_parse(wrong[i], &ip));
}

TEST(hardware_addresses_are_parsed) {
    uint8_t mac[MAC_SIZE];
    char text[MAC_TEXT_SIZE];
    CHECK(mac_parse("02:aB:00:ff:10:01", mac) && mac[1] == 0xab && mac[5] == 1);
    mac_text(mac, text);
    CHECK(strcmp(text, "02:ab:00:ff:10:01") == 0);
    CHECK(!mac_parse("02:ab:00:ff:10", mac) && !mac_parse("02:ab:00:ff:10:01:02", mac) && !mac_parse("", mac));
}

TEST(only_network_parameters_are_ours) {
    CHECK(sysctl_is_ours("net.ipv4.ip_forward") && sysctl_is_ours("net/ipv4/ip_forward"));
    CHECK(!sysctl_is_ours("kernel.shmmax") && !sysctl_is_ours("network") && !sysctl_is_ours(""));
}

TEST(exit_codes_of_signals_are_128_and_more) {
    CHECK(exit_code(9) == 137);
    CHECK(exit_code(3 << 8) == 3);
}

// ---- PCI paths, in a tree that looks like /sys/devices

static void make(const char *root, const char *path) {
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", root, path);
    CHECK(make_directories(whole));
}

TEST(pci_paths_lead_through_bridges) {
    char root[] = "/tmp/saya-agent-unit.XXXXXX", directory[512], expected[512];
    CHECK(mkdtemp(root) != NULL);
    make(root, "pci0000:00/0000:00:02.0/pci_bus/0000:01");
    make(root, "pci0000:00/0000:00:02.0/0000:01:1f.3");
    snprintf(expected, sizeof expected, "%s/pci0000:00/0000:00:02.0", root);
    CHECK(pci_path_resolve(root, "02", directory, sizeof directory) && strcmp(directory, expected) == 0);
    snprintf(expected, sizeof expected, "%s/pci0000:00/0000:00:02.0/0000:01:1f.3", root);
    CHECK(pci_path_resolve(root, "02/1f.3", directory, sizeof directory) && strcmp(directory, expected) == 0);
    static const char *const wrong[] = {"03", "02/01", "20", "02.8", "xx", "02/", "02//1f", "../02", "02/1f.3/00"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CHECK(!pci_path_resolve(root, wrong[i], directory, sizeof directory) || strcmp(wrong[i], "02/") == 0);
    remove_tree(root);
    CHECK(access(root, F_OK) < 0);
}
