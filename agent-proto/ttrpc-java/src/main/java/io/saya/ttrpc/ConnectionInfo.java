package io.saya.ttrpc;

/**
 * The process at the other end of an accepted connection.
 *
 * @param number counts the connections of a server from 1
 * @param pid of the process that connected, as the kernel noted it then; 0 if not known
 * @param uid its effective user; -1 if not known
 * @param gid its effective group; -1 if not known
 */
public record ConnectionInfo(long number, int pid, int uid, int gid) {
    @Override
    public String toString() {
        return "connection " + number + " (pid " + pid + ", uid " + uid + ", gid " + gid + ")";
    }
}
