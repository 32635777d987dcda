package io.saya.monitor.web;

import com.sun.net.httpserver.BasicAuthenticator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mindrot.jbcrypt.BCrypt;

/**
 * Basic authentication against bcrypt hashes. A hash costs some 100 ms of processor time, on
 * purpose, so what was right once is remembered by its digest, and one is computed at a time: wrong
 * passwords in any number keep one processor busy and no more.
 */
final class Passwords extends BasicAuthenticator {
    /** Of no password; compared where the user is unknown, so that the time does not tell that. */
    private static final String NOBODY =
            "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

    private final Map<String, String> users;
    private final Set<String> right = ConcurrentHashMap.newKeySet();

    Passwords(Map<String, String> users) {
        super("saya monitor");
        this.users = users;
    }

    @Override
    public boolean checkCredentials(String user, String password) {
        String digest = digest(user + '\0' + password);
        if (right.contains(digest)) {
            return true;
        }
        String hash = users.getOrDefault(user, NOBODY);
        boolean matches;
        synchronized (this) {
            // jBCrypt knows the oldest of three names for the same algorithm.
            matches = BCrypt.checkpw(password, "$2a" + hash.substring(3));
        }
        if (matches && users.containsKey(user)) {
            right.add(digest);
            return true;
        }
        return false;
    }

    private static String digest(String text) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
