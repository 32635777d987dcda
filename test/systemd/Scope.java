import io.saya.cgroup.SystemdScope;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Has systemd make the scope of a sandbox as the daemon does, and prints where it is: {@code
 * CGROUPS_PATH ID PID SOCKET BUS}. SystemdTest compiles it against the product, and runs it beside a
 * systemd.
 */
final class Scope {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private Scope() {}

    public static void main(String[] words) throws Exception {
        SystemdScope scope = SystemdScope.of(words[0], words[1]).orElseThrow();
        scope.start(
                new SystemdScope.Endpoint(Path.of(words[3]), Boolean.parseBoolean(words[4])),
                Long.parseLong(words[2]),
                LIMIT);
        System.out.println(scope.parent() + "/" + scope.unit());
    }
}
