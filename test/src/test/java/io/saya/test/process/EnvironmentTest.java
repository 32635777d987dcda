package io.saya.test.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.saya.test.Containerd;
import io.saya.test.WithProduct;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Everything that a process has from its starter, of a first process and of an exec, as root and as
 * a user whom the image does not know.
 */
@WithProduct
@Timeout(600)
final class EnvironmentTest {
    /**
     * Prints lines: a key, a tab, a value. By the shell's own means where it can: under emulation
     * the programs of a line cost more than the line.
     */
    private static final String PROBE =
            """
            say() { printf '%s\\t%s\\n' "$1" "$2"; }
            cat /proc/$$/environ | tr '\\0' '\\n' | while IFS= read -r line; do say "env ${line%%=*}" "${line#*=}"; done
            say cwd "$(pwd)"
            set -- $(cat /proc/$$/stat); say session "$([ "$5 $6" = "$1 $1" ] && echo leader)"
            say umask "$(umask)"
            while IFS=':' read -r name value; do
              case $name in Uid|Gid|Groups|Sig*|Shd*|Cap*|NoNewPrivs|Seccomp) set -- $value; say "status $name" "$*" ;; esac
            done < /proc/self/status
            while read -r line; do case $line in Max*) name=${line%%  *}; set -- ${line#"$name"}; say "limit $name" "$*" ;; esac
            done < /proc/self/limits
            say oom_score_adj "$(cat /proc/self/oom_score_adj)"
            say coredump_filter "$(cat /proc/self/coredump_filter)"
            say cgroup "$(cat /proc/self/cgroup | tr '\\n' ' ')"
            say nice "$(cut -d' ' -f19 /proc/self/stat)"
            for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || say "fd $fd" "$(readlink /proc/$$/fd/$fd | sed 's/\\[.*//; s/:$//')"; done
            while read -r id parent device root point options rest; do
              case $options in *,relatime*) options=${options%%,relatime*}${options#*,relatime} ;; esac
              case $rest in "- "*) type=${rest#- } ;; *) type=${rest#* - } ;; esac
              say "mount $point" "$options ${type%% *}"
            done < /proc/self/mountinfo
            for file in kernel/pid_max kernel/panic kernel/shmmax kernel/shmall kernel/sem kernel/msgmax kernel/randomize_va_space kernel/core_pattern \\
              kernel/threads-max kernel/printk kernel/panic_on_oops kernel/yama/ptrace_scope kernel/unprivileged_bpf_disabled kernel/dmesg_restrict kernel/kptr_restrict \\
              kernel/perf_event_paranoid fs/file-max fs/nr_open fs/inotify/max_user_watches fs/inotify/max_user_instances fs/aio-max-nr fs/pipe-max-size \\
              fs/protected_symlinks fs/protected_hardlinks fs/protected_fifos fs/protected_regular fs/suid_dumpable \\
              vm/max_map_count vm/overcommit_memory vm/swappiness vm/mmap_min_addr user/max_user_namespaces net/core/somaxconn net/core/rmem_max net/core/wmem_max net/core/rmem_default \\
              net/core/netdev_max_backlog net/ipv4/ip_forward net/ipv4/ip_local_port_range net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range \\
              net/ipv4/tcp_max_syn_backlog net/ipv4/tcp_rmem net/ipv4/tcp_wmem net/ipv4/tcp_congestion_control net/ipv4/tcp_keepalive_time net/ipv6/conf/all/disable_ipv6; do
              [ -r /proc/sys/$file ] || continue
              read -r value < /proc/sys/$file
              IFS=/; set -- $file; IFS=.; file=$*; unset IFS
              set -- $value; say "sysctl $file" "$*"
            done
            find /dev ! -path '/dev/pts/*' ! -path /dev/shm -exec stat -c '%n %A %u:%g %t,%T' {} + | while read -r file value; do
              say "dev ${file#/dev}" "$value$([ ! -L $file ] || readlink $file)"
            done
            for file in /sys/fs/cgroup/*; do say "cgroups ${file##*/}" there; done
            for file in memory.max pids.max cpu.max; do [ ! -r /sys/fs/cgroup/$file ] || say "limits $file" "$(cat /sys/fs/cgroup/$file)"; done
            say hostname "$(hostname | wc -c)"
            say pid1 "$(tr '\\0' ' ' < /proc/1/cmdline | cut -c1-20)"
            """;

    @Test
    void aProcessFindsWhatItFindsWithRunc() throws IOException {
        var runc = found(SideBySide.RUNC);
        var saya = found(Containerd.runtime());
        assertThat(runc.size()).isGreaterThan(400);
        if (!Containerd.runtime().equals(SideBySide.RUNC)) {
            for (var process : List.of("first 0", "exec 0", "first 1234", "exec 1234")) {
                assertThat(saya)
                        .as("the container's own cgroup, where version 2 has it")
                        .containsEntry(process + " cgroup", "0::/ ")
                        .containsEntry(process + " limits memory.max", "67108864")
                        .containsEntry(process + " limits pids.max", "321")
                        .containsEntry(process + " limits cpu.max", "50000 100000");
            }
        }
        assertThat(Differences.under("What a process finds").unwanted(runc, saya))
                .as("what differs from runc, and is not in the table of test/README.md")
                .isEmpty();
    }

    private static Map<String, String> found(String runtime) {
        Map<String, String> found = new TreeMap<>();
        try (var side = new SideBySide("cat > probe <<'EOF'\n" + PROBE + "EOF\n")) {
            for (int uid : new int[] {0, 1234}) {
                var id = side.newId();
                var keeper =
                        side.specification("sh", "-c", ". /probe > /tmp/found; exec sleep 1000")
                                .withMount(
                                        Specification.mount("/tmp", "tmpfs", "tmpfs", "mode=1777"))
                                .withProcess("oomScoreAdj", "500")
                                .withProcess(
                                        "user",
                                        "{\"uid\":%1$d,\"gid\":%1$d,\"umask\":%2$d}"
                                                .formatted(uid, uid == 0 ? 022 : 027));
                side.start(runtime, id, keeper);
                try {
                    // The first process is done with its list when it has become another program.
                    var first =
                            side.exec(
                                    id,
                                    List.of(),
                                    "sh",
                                    "-c",
                                    "until grep -q ^sleep /proc/1/cmdline; do sleep 0.1; done; cat /tmp/found");
                    add(found, "first " + uid, first.succeeded().out());
                    add(
                            found,
                            "exec " + uid,
                            side.exec(
                                            id,
                                            List.of("--user", uid + ":" + uid),
                                            "sh",
                                            "-c",
                                            ". /probe")
                                    .succeeded()
                                    .out());
                } finally {
                    side.remove(id);
                }
            }
        }
        return found;
    }

    private static void add(Map<String, String> found, String process, String lines) {
        lines.lines()
                .map(line -> line.split("\t", 2))
                .filter(words -> words.length == 2)
                .forEach(
                        words ->
                                found.merge(
                                        process + " " + words[0],
                                        words[1],
                                        (a, b) -> a + "; " + b));
    }
}
